import { float32Tensor } from '../../../src/ir/tensor.ts'
import { float } from '../../../src/ir/attribute.ts'
import type { Value } from '../../../src/ir/model.ts'
import { dtypeOf, floatOf, intOf, numbersOf, rankOf, shapeOf, sizesOf, stringOf } from '../../../src/passes/kit/values.ts'
import { dtypeOfNumber } from '../../../src/ops/kit/datatype.ts'
import { tensorTypeOf } from '../dtypes.ts'
import { broadcasting } from './broadcast.ts'
import { castTo, filled, onNode, runtimeShape } from './kit.ts'

/** Operators that both sides have with the same meaning. */
const same: Readonly<Record<string, string>> = {
  Add: 'ADD', Sub: 'SUB', Mul: 'MUL', Div: 'DIV', Pow: 'POW',
  Abs: 'ABS', Neg: 'NEG', Exp: 'EXP', Log: 'LOG', Sqrt: 'SQRT', Sin: 'SIN', Cos: 'COS', Floor: 'FLOOR', Ceil: 'CEIL', Round: 'ROUND', Sign: 'SIGN',
  Relu: 'RELU', Sigmoid: 'LOGISTIC', Tanh: 'TANH', HardSwish: 'HARD_SWISH', PRelu: 'PRELU',
  Equal: 'EQUAL', Less: 'LESS', LessOrEqual: 'LESS_EQUAL', Greater: 'GREATER', GreaterOrEqual: 'GREATER_EQUAL',
  And: 'LOGICAL_AND', Or: 'LOGICAL_OR', Not: 'LOGICAL_NOT', Xor: 'NOT_EQUAL', Where: 'SELECT_V2',
}

const plain = onNode('elementwise', Object.keys(same), (node, b, refuse) => {
  if (node.op === 'Abs' && (dtypeOf(node.inputs[0]) === 'int32' || dtypeOf(node.inputs[0]) === 'int64')) {
    const [x] = node.inputs
    return b.op('tflite::MAXIMUM', [x, b.op('tflite::SUB', [b.scalar(0, dtypeOf(x)!), x])])
  }
  if (node.op === 'Sign' && dtypeOf(node.inputs[0]) === 'int64') return refuse('SIGN takes no int64')
  const held = node.op === 'Pow' && dtypeOf(node.inputs[0]) === 'float32' && node.inputs[1]?.isConstant ? numbersOf(node.inputs[1]) : undefined
  if (held && dtypeOf(node.inputs[1]) === 'uint64') return broadcasting(b, 'POW', [node.inputs[0], b.constant(float32Tensor(held, node.inputs[1]!.constant!.shape))])
  if (node.op === 'Pow' && dtypeOf(node.inputs[0]) === 'float32' && ['int32', 'int64'].includes(dtypeOf(node.inputs[1])!)) return broadcasting(b, 'POW', [node.inputs[0], castTo(b, node.inputs[1]!, 'float32')])
  if (node.op === 'Pow' && dtypeOf(node.inputs[0]) !== dtypeOf(node.inputs[1])) return refuse('base and exponent differ in type')
  return broadcasting(b, same[node.op]!, node.inputs)
})

const power = onNode('square', 'Pow', (node, b, refuse) => {
  const exponent = numbersOf(node.inputs[1])
  const x = node.inputs[0]!
  if (exponent?.length !== 1 || rankOf(node.inputs[1])! > rankOf(x)!) return refuse('the exponent is not one number')
  if (exponent[0] === 2) return dtypeOf(x) === 'float32' ? b.op('tflite::SQUARE', [x]) : b.op('tflite::MUL', [x, x])
  if (dtypeOf(x) !== 'float32') return refuse('integers are raised to 2 only')
  if (exponent[0] === 0.5) return b.op('tflite::SQRT', [x])
  if (exponent[0] === -0.5) return b.op('tflite::RSQRT', [x])
  return exponent[0] === -1 ? b.op('tflite::DIV', [b.scalar(1, 'float32'), x]) : refuse(`no operator raises to ${exponent[0]}`)
})

/** Exponents of integers whose powers are multiplied out. */
const mostPower = 64

/** Integers to constant whole powers, by squares. */
const wholePower = onNode('whole-power', 'Pow', (node, b, refuse) => {
  const [x, y] = node.inputs as [Value, Value]
  const dtype = dtypeOf(x)
  const exponents = y.isConstant ? numbersOf(y) : undefined
  if ((dtype !== 'int32' && dtype !== 'int64') || !exponents?.every(n => Number.isInteger(n) && n >= 0 && n <= mostPower)) return refuse('it is not an integer to a constant power')
  const sizes = sizesOf(y)!
  const one = b.scalar(1, dtype)
  let [square, power]: [Value, Value | undefined] = [x, undefined]
  for (let bit = 1; bit <= Math.max(1, ...exponents); bit *= 2) {
    if (bit > 1) square = b.op('tflite::MUL', [square, square])
    const flags = b.bytes('bool', sizes, Uint8Array.from(exponents, n => Number((n & bit) !== 0)))
    const factor = broadcasting(b, 'SELECT_V2', [flags, square, one])
    power = power ? b.op('tflite::MUL', [power, factor]) : factor
  }
  return power!
})

const reciprocal = onNode('reciprocal', 'Reciprocal', (node, b) => b.op('tflite::DIV', [b.scalar(1, dtypeOf(node.inputs[0]) ?? 'float32'), node.inputs[0]]))

/** Max and Min of any number of inputs. */
const extremes = onNode('extremes', ['Max', 'Min'], (node, b, refuse) => {
  const op = node.op === 'Max' ? 'MAXIMUM' : 'MINIMUM'
  const [first, ...rest] = node.inputs as readonly Value[]
  if (first === undefined) return refuse('no inputs')
  return rest.length === 0 ? first : rest.reduce((x, y) => broadcasting(b, op, [x, y]), first)
})

const clip = onNode('clip', 'Clip', (node, b, refuse) => {
  const [x, least, most] = node.inputs
  const [low, high] = [least && numbersOf(least)?.[0], most && numbersOf(most)?.[0]]
  if (x === undefined) return refuse('no input')
  if (dtypeOf(x) === 'float32') {
    if (low === 0 && high === 6) return b.op('tflite::RELU6', [x])
    if (low === -1 && high === 1) return b.op('tflite::RELU_N1_TO_1', [x])
    if (low === 0 && high === 1) return b.op('tflite::RELU_0_TO_1', [x])
    if (low === 0 && (most === undefined || high === Infinity || high === 3.4028234663852886e38)) return b.op('tflite::RELU', [x])
  }
  const above = least ? broadcasting(b, 'MAXIMUM', [x, least]) : x
  return most ? broadcasting(b, 'MINIMUM', [above, most]) : above
})

const hardSigmoid = onNode('hard-sigmoid', 'HardSigmoid', (node, b) => {
  const [alpha, beta] = [floatOf(node, 'alpha', 0.2), floatOf(node, 'beta', 0.5)]
  const line = b.op('tflite::ADD', [b.op('tflite::MUL', [node.inputs[0], b.scalar(alpha, 'float32')]), b.scalar(beta, 'float32')])
  return b.op('tflite::RELU_0_TO_1', [line])
})

const leakyRelu = onNode('leaky-relu', 'LeakyRelu', (node, b) => b.op('tflite::LEAKY_RELU', [node.inputs[0]], { alpha: float(floatOf(node, 'alpha', 0.01)) }))

const elu = onNode('elu', 'Elu', (node, b, refuse) => (floatOf(node, 'alpha', 1) === 1 ? b.op('tflite::ELU', [node.inputs[0]]) : refuse('ELU has an alpha of 1')))

const gelu = onNode('gelu', 'Gelu', (node, b) => b.op('tflite::GELU', [node.inputs[0]], { approximate: stringOf(node, 'approximate', 'none') === 'tanh' ? 1 : undefined }))

/** ONNX's Mod has the divisor's sign; fmod, the dividend's. */
const mod = onNode('mod', 'Mod', (node, b, refuse) => (intOf(node, 'fmod', 0) === 0 ? broadcasting(b, 'FLOOR_MOD', node.inputs) : refuse('FLOOR_MOD has the sign of the divisor')))

const cast = onNode('cast', 'Cast', (node, b, refuse) => {
  // the element type that was narrowed holds, not the attribute
  const [from, to] = [dtypeOf(node.inputs[0]), dtypeOf(node.outputs[0]) ?? dtypeOfNumber(intOf(node, 'to', 0))]
  if (from === undefined || to === undefined) return refuse('the element types are not known')
  if (from === to) return node.inputs[0]!
  if (tensorTypeOf(from) === undefined || tensorTypeOf(to) === undefined) return refuse(`the format has no ${from} or no ${to}`)
  if (to === 'string' || from === 'string') return refuse('CAST takes no strings')
  return b.op('tflite::CAST', [node.inputs[0]], { in_data_type: tensorTypeOf(from), out_data_type: tensorTypeOf(to) })
})

const atan = onNode('atan', 'Atan', (node, b) => b.op('tflite::ATAN2', [node.inputs[0], b.op('tflite::FILL', [runtimeShape(b, node.inputs[0]!), b.scalar(1, 'float32')])]))

const isNaN = onNode('is-nan', 'IsNaN', (node, b) => b.op('tflite::NOT_EQUAL', [node.inputs[0], node.inputs[0]]))

const isInf = onNode('is-inf', 'IsInf', (node, b, refuse) => {
  const [low, high] = [intOf(node, 'detect_negative', 1) === 1, intOf(node, 'detect_positive', 1) === 1]
  if (!low && !high) return refuse('it looks for neither infinity')
  const x = node.inputs[0]!
  return broadcasting(b, 'EQUAL', [low && high ? b.op('tflite::ABS', [x]) : x, b.scalar(high ? Infinity : -Infinity, 'float32')])
})

/** max(x, 0) + log(1 + e^-|x|), and for Mish x times its tanh; the logarithm near 1 after Kahan, as the runtime has none of 1 + x. */
const softplus = onNode('softplus', ['Softplus', 'Mish'], (node, b, refuse) => {
  const x = node.inputs[0]!
  if (dtypeOf(x) !== 'float32') return refuse('it takes float32')
  const u = b.op('tflite::EXP', [b.op('tflite::NEG', [b.op('tflite::ABS', [x])])])
  const one = b.scalar(1, 'float32')
  const w = b.op('tflite::ADD', [u, one])
  const ratio = b.op('tflite::DIV', [b.op('tflite::LOG', [w]), b.op('tflite::MAXIMUM', [b.op('tflite::SUB', [w, one]), b.scalar(2 ** -24, 'float32')])])
  const log1p = b.op('tflite::SELECT_V2', [b.op('tflite::EQUAL', [w, one]), u, b.op('tflite::MUL', [u, ratio])])
  const y = b.op('tflite::ADD', [b.op('tflite::RELU', [x]), log1p])
  return node.op === 'Mish' ? b.op('tflite::MUL', [x, b.op('tflite::TANH', [y])]) : y
})

/** Numerator and denominator in x squared, highest power first, of the quotient that XLA takes for erf(x) / x in float32 where |x| is below `erfEnd` (xla/hlo/builder/lib/math.cc). */
const erfOver = [-2.72614225801306e-10, 2.77068142495902e-8, -2.10102402082508e-6, -5.69250639462346e-5, -7.34990630326855e-4, -2.95459980854025e-3, -1.60960333262415e-2]
const erfUnder = [-1.45660718464996e-5, -2.13374055278905e-4, -1.68282697438203e-3, -7.37332916720468e-3, -1.42647390514189e-2]
const erfEnd = 3.832506856900711

const erf = onNode('erf', 'Erf', (node, b, refuse) => {
  if (dtypeOf(node.inputs[0]) !== 'float32') return refuse('it takes float32')
  const number = (x: number): Value => b.scalar(x, 'float32')
  const x = b.op('tflite::MAXIMUM', [b.op('tflite::MINIMUM', [node.inputs[0], number(erfEnd)]), number(-erfEnd)])
  const square = b.op('tflite::SQUARE', [x])
  const horner = ([first, ...rest]: readonly number[]): Value => rest.reduce((sum, c) => b.op('tflite::ADD', [b.op('tflite::MUL', [sum, square]), number(c)]), number(first!))
  return b.op('tflite::DIV', [b.op('tflite::MUL', [x, horner(erfOver)]), horner(erfUnder)])
})

/** A copy: a graph's output that would otherwise be one of its inputs or a constant. */
const identity = onNode('identity', 'Identity', (node, b, refuse) => {
  const x = node.inputs[0]!
  const bound = [...(node.outputs[0]?.uses ?? [])].some(use => 'graph' in use)
  if (!bound) return x
  const shape = shapeOf(x)
  if (shape === undefined) return refuse('the rank is not known')
  if (shape.length > 0) return b.op('tflite::CONCATENATION', [x], { axis: 0 })
  if (dtypeOf(x) === 'bool') return b.op('tflite::LOGICAL_AND', [x, x])
  return dtypeOf(x) === 'float32' ? b.op('tflite::MUL', [x, filled(b, [], 1)]) : b.op('tflite::MAXIMUM', [x, x])
})

export const elementwiseRules = [power, wholePower, plain, reciprocal, extremes, clip, hardSigmoid, leakyRelu, elu, gelu, softplus, erf, isNaN, isInf, atan, mod, cast, identity]
