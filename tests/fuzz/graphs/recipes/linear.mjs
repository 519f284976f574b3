// Matrices, recurrences and attention.
import { float } from '../../../../dist/src/ir/attribute.js'

const integers = t => t.startsWith('int') || t.startsWith('uint')

function factors(s, least = 1) {
  const { draw } = s
  const [m, k, n] = [draw.size(), draw.size(), draw.size()]
  const batch = draw.shape(0, 2)
  const a = least === 1 && draw.chance(0.15) ? [k] : [...draw.broadcastTo(batch), m, k]
  const b = least === 1 && draw.chance(0.15) ? [k] : [...draw.broadcastTo(batch), k, n]
  return [a, b]
}

/** Sides of a product: what is there with a partner that fits it, or two new ones. */
function sides(s, dtype) {
  const { draw } = s
  const [a, b] = factors(s)
  const found = draw.chance(0.5) ? s.take(dtype, { fits: n => n.length >= 1, shape: () => a, again: 1 }) : undefined
  if (found) return [found, s.takeShape(dtype, draw.chance(0.2) ? [s.shape(found).at(-1)] : [s.shape(found).at(-1), draw.size()])]
  return [s.make(dtype, a), s.make(dtype, b)]
}

const activations = ['Relu', 'Tanh', 'Sigmoid', 'LeakyRelu', 'ThresholdedRelu', 'ScaledTanh', 'HardSigmoid', 'Elu', 'Softsign', 'Softplus', 'Affine']

const recurrent = (gates, each, cell) => async (s, op) => {
  const { draw } = s
  const dtype = s.dtype(op)
  const [time, batch, input, hidden] = [draw.int(1, 4), draw.positive(3), draw.positive(3), draw.positive(3)]
  const direction = draw.pick(['forward', 'forward', 'reverse', 'bidirectional'])
  const d = direction === 'bidirectional' ? 2 : 1
  const layout = draw.chance(0.1) ? 1 : 0
  const order = (...sizes) => (layout ? [sizes[1], sizes[0], ...sizes.slice(2)] : sizes)
  const weights = (shape, p = 1) => draw.maybe(p, () => s.make(dtype, shape, { low: -1, high: 1, constant: 0.7 }))
  const lengths = draw.maybe(0.3, () => s.make('int32', [batch], { elements: Array.from({ length: batch }, () => draw.int(1, time)) }))
  const h = draw.maybe(0.4, () => s.make(dtype, order(d, batch, hidden)))
  const inputs = [s.takeShape(dtype, order(time, batch, input)), weights([d, gates * hidden, input]), weights([d, gates * hidden, hidden]), weights([d, 2 * gates * hidden], 0.6), lengths, h]
  if (cell) inputs.push(draw.maybe(0.4, () => s.make(dtype, order(d, batch, hidden))), weights([d, 3 * hidden], 0.3))
  const attrs = { hidden_size: hidden, direction, ...(layout ? { layout } : {}) }
  if (draw.chance(0.3)) {
    const names = Array.from({ length: each * d }, () => draw.pick(activations))
    attrs.activations = { type: 'strings', value: names }
    if (names.some(n => /Affine|ScaledTanh/.test(n)) || draw.chance(0.7)) {
      attrs.activation_alpha = { type: 'floats', value: names.filter(n => /LeakyRelu|Thresholded|ScaledTanh|HardSigmoid|Elu|Affine/.test(n)).map(() => draw.int(1, 4) / 4) }
      attrs.activation_beta = { type: 'floats', value: names.filter(n => /ScaledTanh|HardSigmoid|Affine/.test(n)).map(() => draw.int(1, 4) / 4) }
    }
  }
  if (draw.chance(0.2)) attrs.clip = float(1.5)
  if (op === 'GRU' && draw.chance(0.5)) attrs.linear_before_reset = draw.int(0, 1)
  if (op === 'LSTM' && draw.chance(0.2)) attrs.input_forget = 1
  await s.control(op, inputs, attrs, Array.from({ length: cell ? 3 : 2 }, (_, i) => (i === 0 ? draw.chance(0.9) : draw.chance(0.7))).map((there, i, all) => there || (i === 0 && !all.some(x => x))))
}

const equations = ['ij,jk->ik', 'ij,jk', 'ij->ji', 'ii->i', 'ii', 'i,j->ij', 'bij,bjk->bik', '...ij,...jk->...ik', 'ij,ij->', 'ijk,jil->kl', '...ii->...i', 'ij->', 'i...->...', 'a,a,a->a', 'bhqd,bhkd->bhqk', 'ij,k->ijk']

export const linear = {
  MatMul: (s, op) => void s.node(op, sides(s, s.dtype(op))),
  MatMulInteger: (s, op) => {
    const [t1, t2] = [s.dtype(op, 'T1'), s.dtype(op, 'T2')]
    const [a, b] = factors(s, 2)
    const zero = (t, n) => s.draw.maybe(0.6, () => s.make(t, n, { constant: 0.8 }))
    s.node(op, [s.make(t1, a), s.make(t2, b), zero(t1, []), zero(t2, s.draw.chance(0.3) && b.length > 1 ? [b.at(-1)] : [])])
  },
  QLinearMatMul: (s, op) => {
    const t1 = s.dtype(op, 'T1')
    const [t2, t3] = s.draw.chance(0.9) ? [t1 === 'int8' ? 'int8' : s.draw.pick(['int8', 'uint8']), t1] : [s.dtype(op, 'T2'), s.dtype(op, 'T3')]
    const [a, b] = factors(s, 2)
    const scale = () => s.make('float32', [], { low: 0.05, high: 1 })
    const zero = t => s.make(t, [], { constant: 0.9 })
    s.node(op, [s.make(t1, a), scale(), zero(t1), s.make(t2, b), scale(), zero(t2), scale(), zero(t3)])
  },
  Gemm: (s, op) => {
    const { draw } = s
    const dtype = s.dtype(op)
    const [m, k, n] = [draw.size(), draw.size(), draw.size()]
    const [ta, tb] = [draw.chance(0.3), draw.chance(0.3)]
    const c = draw.maybe(0.7, () => s.takeShape(dtype, draw.pick([[m, n], [n], [1, n], [m, 1], [], [1]])))
    const some = name => (draw.chance(0.3) ? { [name]: float(draw.int(-4, 4) / 2) } : {})
    s.node(op, [s.takeShape(dtype, ta ? [k, m] : [m, k]), s.takeShape(dtype, tb ? [n, k] : [k, n]), c], { ...(ta ? { transA: 1 } : {}), ...(tb ? { transB: 1 } : {}), ...(integers(dtype) ? {} : { ...some('alpha'), ...some('beta') }) })
  },
  Einsum: (s, op) => {
    const { draw } = s
    const dtype = s.dtype(op)
    const equation = draw.pick(equations)
    const size = {}
    const rest = draw.shape(0, 1).map(n => Math.max(n, 1))
    const inputs = equation.split('->')[0].split(',').map(term => term.replace('...', '.').split('').flatMap(c => (c === '.' ? rest : [(size[c] ??= draw.size())])))
    s.node(op, inputs.map(shape => s.takeShape(dtype, shape)), { equation: draw.chance(0.2) ? equation.replaceAll(',', ' , ') : equation })
  },
  Det: (s, op) => {
    const n = s.draw.positive(4)
    s.node(op, [s.takeShape(s.dtype(op), [...s.draw.shape(0, 2), n, n])])
  },
  RNN: recurrent(1, 1, false), GRU: recurrent(3, 2, false), LSTM: recurrent(4, 3, true),
  Attention: (s, op) => {
    const { draw } = s
    const dtype = s.dtype(op, 'T1')
    const [batch, q, kv] = [draw.positive(2), draw.positive(4), draw.positive(4)]
    const kvHeads = draw.int(1, 2)
    const heads = kvHeads * draw.int(1, 2)
    const [size, vSize] = [draw.positive(4), draw.positive(4)]
    const flat = draw.chance(0.4)
    const tensor = (h, n, d) => s.takeShape(dtype, flat ? [batch, n, h * d] : [batch, h, n, d], { temper: 'wide' })
    const past = draw.chance(0.25) ? draw.int(1, 3) : 0
    const total = kv + past
    const mask = draw.maybe(0.4, () => {
      const shape = draw.pick([[q, total], [1, 1, q, total], [batch, heads, q, total], [batch, 1, q, total]])
      return draw.chance(0.5) ? s.make('bool', shape) : s.make(dtype, shape, { temper: 'wide' })
    })
    const pasts = past ? [s.make(dtype, [batch, kvHeads, past, size], { temper: 'wide' }), s.make(dtype, [batch, kvHeads, past, vSize], { temper: 'wide' })] : []
    const attrs = { ...(flat ? { q_num_heads: heads, kv_num_heads: kvHeads } : {}), ...(draw.chance(0.3) ? { is_causal: 1 } : {}), ...(draw.chance(0.3) ? { scale: float(0.5) } : {}), ...(draw.chance(0.2) ? { softcap: float(2) } : {}) }
    if (draw.chance(0.2)) attrs.qk_matmul_output_mode = draw.int(0, 3)
    const outputs = past ? [true, true, true] : [true]
    if (attrs.qk_matmul_output_mode !== undefined) outputs.push(...Array.from({ length: 3 - outputs.length }, () => false), true)
    s.node(op, [tensor(heads, q, size), tensor(kvHeads, kv, size), tensor(kvHeads, kv, vSize), mask, ...pasts], attrs, outputs)
  },
  LinearAttention: async (s, op) => {
    const { draw } = s
    const dtype = s.dtype(op)
    const [batch, steps, kvHeads, group, size, vSize] = [draw.positive(2), draw.positive(3), draw.int(1, 2), draw.int(1, 2), draw.positive(3), draw.positive(3)]
    const rule = draw.pick(['linear', 'gated', 'delta', 'gated_delta'])
    const tensor = n => s.takeShape(dtype, [batch, steps, n], { temper: 'wide' })
    const past = draw.maybe(0.4, () => s.make(dtype, [batch, kvHeads, size, vSize], { temper: 'wide' }))
    const decay = /gated/.test(rule) ? s.make(dtype, [batch, steps, kvHeads * draw.pick([1, size])], { low: -1, high: 0 }) : undefined
    const beta = /delta/.test(rule) ? s.make(dtype, [batch, steps, kvHeads], { low: 0, high: 1 }) : undefined
    await s.control(op, [tensor(kvHeads * group * size), tensor(kvHeads * size), tensor(kvHeads * vSize), past, decay, beta], { q_num_heads: kvHeads * group, kv_num_heads: kvHeads, update_rule: rule, ...(draw.chance(0.3) ? { scale: float(0.5) } : {}) }, 2)
  },
  CausalConvWithState: (s, op) => {
    const { draw } = s
    const dtype = s.dtype(op)
    const [batch, channels, length, size] = [draw.positive(2), draw.positive(3), draw.positive(5), draw.int(1, 4)]
    const inputs = [s.takeShape(dtype, [batch, channels, length]), s.make(dtype, [channels, 1, size]), draw.maybe(0.5, () => s.make(dtype, [channels])), draw.maybe(0.4, () => s.make(dtype, [batch, channels, size - 1]))]
    s.node(op, inputs, draw.chance(0.6) ? { activation: draw.pick(['none', 'silu', 'swish']) } : {}, draw.int(1, 2))
  },
  RotaryEmbedding: (s, op) => {
    const { draw } = s
    const dtype = s.dtype(op)
    const [batch, heads, length, half] = [draw.positive(2), draw.positive(3), draw.positive(4), draw.int(1, 3)]
    const part = draw.chance(0.3) ? draw.int(1, half) : 0
    const flat = draw.chance(0.4)
    const rotated = part || half
    const positions = draw.maybe(0.6, () => s.make('int64', [batch, length], { elements: Array.from({ length: batch * length }, () => draw.int(0, 5)) }))
    const cache = () => s.make(dtype, positions ? [6, rotated] : [batch, length, rotated], { low: -1, high: 1 })
    const attrs = { ...(flat ? { num_heads: heads } : {}), ...(part ? { rotary_embedding_dim: 2 * part } : {}), ...(part && !flat && draw.chance(0.5) ? { num_heads: heads } : {}), ...(draw.chance(0.4) ? { interleaved: 1 } : {}) }
    s.node(op, [s.takeShape(dtype, flat ? [batch, length, heads * half * 2] : [batch, heads, length, half * 2]), cache(), cache(), positions], attrs)
  },
}
