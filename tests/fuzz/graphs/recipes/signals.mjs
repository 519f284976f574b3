// Signals, texts and random numbers.
import { float, ints } from '../../../../dist/src/ir/attribute.js'
import { dtypes } from '../codes.mjs'

const window = (s, op) => {
  const { draw } = s
  s.node(op, [s.make(s.dtype(op, 'T1'), [], { elements: [draw.int(1, 9)], constant: 0.8 })], { ...(draw.chance(0.5) ? { periodic: draw.int(0, 1) } : {}), ...(draw.chance(0.4) ? { output_datatype: dtypes[s.dtype(op, 'T2', t => /float(32|64)/.test(t))] } : {}) })
}
const random = (more = () => ({})) => (s, op) => {
  const { draw } = s
  const like = op.endsWith('Like')
  s.node(op, like ? [s.take(s.dtype(op, 'T1'))] : [], { ...(like ? {} : { shape: ints(draw.shape()) }), ...(draw.chance(0.5) ? { dtype: dtypes[s.dtype(op, like ? 'T2' : 'T')] } : {}), seed: float(draw.int(0, 99)), ...more(draw) })
}

export const signals = {
  DFT: (s, op) => {
    const { draw } = s
    const dtype = s.dtype(op, 'T1')
    const complex = draw.chance(0.5)
    const shape = [...draw.shape(1, 2).map(n => Math.max(n, 1)), draw.positive(6), complex ? 2 : 1]
    const rank = shape.length
    const axis = draw.maybe(0.6, () => draw.int(0, rank - 2) - (draw.chance(0.4) ? rank : 0))
    const oneSided = draw.chance(0.4) ? 1 : 0
    const inverse = oneSided ? 0 : draw.chance(0.4) ? 1 : 0
    s.node(op, [s.takeShape(dtype, oneSided ? [...shape.slice(0, -1), 1] : shape), draw.maybe(0.4, () => s.make(s.dtype(op, 'T2'), [], { elements: [draw.int(1, 8)], constant: 0.9 })), axis === undefined ? undefined : s.ints([axis], { shape: [] })], { ...(oneSided ? { onesided: 1 } : {}), ...(inverse ? { inverse: 1 } : {}) })
  },
  STFT: (s, op) => {
    const { draw } = s
    const dtype = s.dtype(op, 'T1')
    const length = draw.int(2, 5)
    const t2 = s.dtype(op, 'T2')
    const scalar = n => s.make(t2, [], { elements: [n], constant: 0.9 })
    const way = draw.int(0, 2)
    s.node(op, [s.takeShape(dtype, [draw.positive(2), length + draw.int(0, 8), 1]), scalar(draw.int(1, 3)), way > 0 ? s.make(dtype, [length]) : undefined, way < 2 ? scalar(length) : undefined], draw.chance(0.6) ? { onesided: draw.int(0, 1) } : {})
  },
  MelWeightMatrix: (s, op) => {
    const { draw } = s
    const [t1, t2] = [s.dtype(op, 'T1'), s.dtype(op, 'T2')]
    const scalar = (t, n) => s.make(t, [], { elements: [n], constant: 0.9 })
    s.node(op, [scalar(t1, draw.int(1, 6)), scalar(t1, draw.pick([16, 32, 64])), scalar(t1, draw.pick([8000, 16000])), scalar(t2, draw.pick([0, 100])), scalar(t2, draw.pick([2000, 4000]))])
  },
  BlackmanWindow: window, HammingWindow: window, HannWindow: window,
  StringConcat: (s, op) => {
    const x = s.take('string')
    s.node(op, [x, s.make('string', s.draw.broadcastTo(s.shape(x)))])
  },
  StringSplit: (s, op) => void s.node(op, [s.take('string')], { ...(s.draw.chance(0.7) ? { delimiter: s.draw.pick(['', ' ', ',', ',,', 'l']) } : {}), ...(s.draw.chance(0.4) ? { maxsplit: s.draw.int(1, 3) } : {}) }, 2),
  StringNormalizer: (s, op) => {
    const { draw } = s
    const shape = draw.chance(0.7) ? [draw.positive(5)] : [1, draw.positive(5)]
    s.node(op, [s.takeShape('string', shape)], { ...(draw.chance(0.7) ? { case_change_action: draw.pick(['LOWER', 'UPPER', 'NONE']) } : {}), ...(draw.chance(0.5) ? { stopwords: ['a', 'ABC', 'ab'] } : {}), ...(draw.chance(0.5) ? { is_case_sensitive: draw.int(0, 1) } : {}), ...(draw.chance(0.9) ? { locale: 'C' } : {}) })
  },
  RegexFullMatch: (s, op) => void s.node(op, [s.take('string')], { pattern: s.draw.pick(['a.*', '[a-z]+', '(a|b)*', '\\d+', '', '.*', '[^ ]+ ?[a-z]*']) }),
  TfIdfVectorizer: (s, op) => {
    const { draw } = s
    const strings = draw.chance(0.4)
    const pool = [0, 1, 2, 3, 4, 5, 1, 2, 0, 3]
    const dtype = strings ? 'string' : draw.pick(['int64', 'int32'])
    const shape = draw.chance(0.6) ? [draw.int(1, 9)] : [draw.positive(3), draw.int(1, 6)]
    const count = shape.reduce((a, b) => a * b, 1)
    const elements = Array.from({ length: count }, () => draw.int(0, 5)).map(n => (strings ? `w${n}` : n))
    const least = draw.int(1, 2)
    const most = draw.int(least, 2)
    s.node(op, [s.make(dtype, shape, { elements })], {
      mode: draw.pick(['TF', 'IDF', 'TFIDF']), min_gram_length: least, max_gram_length: most, max_skip_count: draw.int(0, 2), ngram_counts: ints([0, 6]), ngram_indexes: ints([0, 1, 2, 3, 4, 5, 6, 7]),
      ...(strings ? { pool_strings: pool.map(n => `w${n}`) } : { pool_int64s: ints(pool) }), ...(draw.chance(0.5) ? { weights: { type: 'floats', value: [1, 2, 0.5, 3, 1, 1, 2, 0.25] } } : {}),
    })
  },
  RandomNormal: random(), RandomUniform: random(), RandomNormalLike: random(), RandomUniformLike: random(),
  Bernoulli: (s, op) => void s.node(op, [s.take(s.dtype(op, 'T1'), { low: 0, high: 1 })], { seed: float(3) }),
  Multinomial: (s, op) => void s.node(op, [s.take(s.dtype(op, 'T1'), { fits: n => n.length === 2 && n[1] > 0, shape: () => [s.draw.positive(3), s.draw.positive(4)] })], { sample_size: s.draw.int(1, 4), seed: float(3) }),
}
