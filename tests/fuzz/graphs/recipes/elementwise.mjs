// One element in, one element out, with broadcasting.
import { float } from '../../../../dist/src/ir/attribute.js'
import { dtypes } from '../codes.mjs'
import { floats } from '../draw.mjs'

const isFloat = t => floats.has(t)
const isInteger = t => !isFloat(t) && t !== 'bool' && t !== 'string'

const unary = (attrs = () => ({}), range = {}) => (s, op) => {
  const dtype = s.dtype(op)
  s.node(op, [s.take(dtype, range)], attrs(s.draw, dtype))
}
const some = (...names) => draw => Object.fromEntries(draw.some(names).map(n => [n, float(draw.int(-8, 12) / 4)]))

/** A second operand for a value. */
function partner(s, a, dtype, range = {}) {
  const { draw } = s
  const shape = draw.broadcastTo(s.shape(a))
  return s.take(dtype, { fits: other => other.length <= 4 && broadcasts(s.shape(a), other), shape: () => shape, ...range })
}
export const broadcasts = (a, b) => a.every((_, i) => { const [x, y] = [a.at(-1 - i), b.at(-1 - i)]; return y === undefined || x === y || x === 1 || y === 1 })

const binary = (range = {}, allow) => (s, op) => {
  const dtype = s.dtype(op, 'T', allow)
  const a = s.take(dtype)
  const b = partner(s, a, dtype, range)
  s.node(op, s.draw.chance(0.5) || range.low !== undefined ? [a, b] : [b, a])
}
const variadic = (s, op) => {
  const dtype = s.dtype(op)
  const first = s.take(dtype)
  const more = Array.from({ length: s.draw.int(0, 3) }, () => partner(s, first, dtype, { again: 0.2 }))
  const all = [first]
  for (const v of more) if (all.every(w => broadcasts(s.shape(w), s.shape(v)))) all.push(v)
  s.node(op, s.draw.shuffle(all))
}
const divide = (s, op) => {
  const dtype = s.dtype(op)
  const a = s.take(dtype)
  // an integer divided by zero ends the process
  const b = isFloat(dtype) ? partner(s, a, dtype) : s.make(dtype, s.draw.broadcastTo(s.shape(a)), { low: 1, high: 7 })
  s.node(op, [a, b])
}

export const elementwise = {
  Abs: unary(), Ceil: unary(), Floor: unary(), Round: unary(), Neg: unary(), Sign: unary(), Reciprocal: unary(), Sqrt: unary(), Exp: unary(), Log: unary(),
  Sin: unary(), Cos: unary(), Tan: unary(), Asin: unary(), Acos: unary(), Atan: unary(), Sinh: unary(), Cosh: unary(), Tanh: unary(), Asinh: unary(), Acosh: unary(), Atanh: unary(),
  Erf: unary(), Sigmoid: unary(), Softplus: unary(), Softsign: unary(), HardSwish: unary(), Mish: unary(), Relu: unary(), Not: (s, op) => void s.node(op, [s.take('bool')]),
  Celu: unary(d => (d.chance(0.5) ? { alpha: float(d.pick([0.5, 2, -1])) } : {})), Elu: unary(some('alpha')), Selu: unary(some('alpha', 'gamma')), LeakyRelu: unary(some('alpha')),
  HardSigmoid: unary(some('alpha', 'beta')), ThresholdedRelu: unary(some('alpha')), Shrink: unary(some('bias', 'lambd')), Swish: unary(some('alpha')),
  Gelu: unary(d => (d.chance(0.5) ? { approximate: d.pick(['none', 'tanh']) } : {})),
  IsNaN: (s, op) => void s.node(op, [s.take(s.dtype(op, 'T1'), { temper: 'special' })]),
  IsInf: (s, op) => void s.node(op, [s.take(s.dtype(op, 'T1'), { temper: 'special' })], { ...s.draw.maybe(0.4, () => ({ detect_negative: s.draw.int(0, 1), detect_positive: s.draw.int(0, 1) })) }),
  BitwiseNot: unary(), Identity: (s, op) => void s.node(op, [s.take(s.dtype(op, 'V'))]),
  Add: binary(), Sub: binary(), Mul: binary(), Div: divide, BitwiseAnd: binary(), BitwiseOr: binary(), BitwiseXor: binary(), SwiGLU: binary(),
  And: binary(), Or: binary(), Xor: binary(), Equal: binary(), Greater: binary(), GreaterOrEqual: binary(), Less: binary(), LessOrEqual: binary(),
  PRelu: (s, op) => {
    const dtype = s.dtype(op)
    const x = s.take(dtype)
    s.node(op, [x, s.make(dtype, s.draw.broadcastTo(s.shape(x)))])
  },
  Pow: (s, op) => {
    const dtype = s.dtype(op)
    const x = s.take(dtype)
    s.node(op, [x, partner(s, x, s.dtype(op, 'T1'), isFloat(dtype) ? {} : { low: 0, high: 3 })])
  },
  Mod: (s, op) => {
    const dtype = s.dtype(op)
    const a = s.take(dtype)
    const shape = s.draw.broadcastTo(s.shape(a))
    const b = isFloat(dtype) ? partner(s, a, dtype) : s.make(dtype, shape, { low: 1, high: 7 })
    s.node(op, [a, b], { fmod: isFloat(dtype) || s.draw.chance(0.4) ? 1 : 0 })
  },
  BitShift: (s, op) => {
    const dtype = s.dtype(op)
    const x = s.take(dtype)
    s.node(op, [x, s.make(dtype, s.draw.broadcastTo(s.shape(x)), { low: 0, high: 7 })], { direction: s.draw.pick(['LEFT', 'RIGHT']) })
  },
  Max: variadic, Min: variadic, Sum: variadic, Mean: variadic,
  Where: (s, op) => {
    const dtype = s.dtype(op)
    const x = s.take(dtype)
    const condition = s.make('bool', s.draw.broadcastTo(s.shape(x)))
    s.node(op, [condition, ...s.draw.shuffle([x, partner(s, x, dtype)])])
  },
  Clip: (s, op) => {
    const dtype = s.dtype(op)
    const bound = () => s.draw.maybe(0.7, () => s.make(dtype, []))
    s.node(op, [s.take(dtype), bound(), bound()])
  },
  Dropout: (s, op) => {
    const dtype = s.dtype(op)
    const training = s.draw.maybe(0.4, () => s.make('bool', [], { elements: [0] }))
    s.node(op, [s.take(dtype), s.draw.maybe(0.5, () => s.make(s.dtype(op, 'T1'), [], { low: 0, high: 0.9 })), training], {}, s.draw.chance(0.5) ? 2 : 1)
  },
  Cast: (s, op) => {
    const [from, to] = [s.dtype(op, 'T1'), s.dtype(op, 'T2')]
    // what lies outside an integer's range, and texts of no number, are left open
    const range = from === 'string' ? { elements: ['1', '-2', '3.5', '1e2', '0'] } : isFloat(from) && isInteger(to) ? { low: to.startsWith('u') ? 0 : to === 'int2' ? -2 : -8, high: to.endsWith('int2') ? 1 : 7 } : {}
    const x = range.elements ? s.make(from, [5], range) : s.take(from, range)
    s.node(op, [x], { to: dtypes[to], ...(to.startsWith('float8') && s.draw.chance(0.4) ? { saturate: 0 } : {}) })
  },
  CastLike: (s, op) => {
    const [from, to] = [s.dtype(op, 'T1', t => t !== 'string'), s.dtype(op, 'T2', t => t !== 'string')]
    s.node(op, [s.take(from, isFloat(from) && isInteger(to) ? { low: 0, high: 1 } : {}), s.take(to)])
  },
  BitCast: (s, op) => {
    const widths = { float32: 4, int32: 4, uint32: 4, float64: 8, int64: 8, uint64: 8, int16: 2, uint16: 2, float16: 2, bfloat16: 2, int8: 1, uint8: 1, bool: 1 }
    const from = s.dtype(op, 'T1', t => t in widths)
    const to = s.draw.pick(Object.keys(widths).filter(t => widths[t] === widths[from] && t !== 'bool'))
    s.node(op, [s.take(from)], { to: dtypes[to] })
  },
}
