import type { Node, Value } from '../../../src/ir/model.ts'
import { bytesOf, deferredTensor, viewOf } from '../../../src/ir/tensor.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { writtenOut } from '../../../src/ops/kit/written-out.ts'
import { dtypeOf, intOf, numbersOf, rankOf, shapeOf } from '../../../src/passes/kit/values.ts'
import { rule } from '../../../src/rewrite/pattern.ts'
import type { Rule } from '../../../src/rewrite/rule.ts'
import type { Grain } from '../kit/grain.ts'
import { grainOf, sameGrain, withGrain } from '../kit/grain.ts'
import { int32s, reshapeTo } from './kit.ts'
import type { Narrow } from './quantize-kit.ts'
import { behind, greatest, integersOf, isNarrow, least, named, noted, numberOn, oneNumber, onIntegers, quantizedTo, regrid, single, turned } from './quantize-kit.ts'

/** How an operator on real numbers whose result goes to integers `y` of a scale is said on integers; undefined when it isn't. */
type Form = (b: Builder, node: Node, out: Grain, dtype: Narrow, y: Value) => Value | undefined

const oneScale = (scale: number, zero: number): Grain => ({ scale: [scale], zero: [zero], axis: 0 })

/** The integers of an operand: those behind a DEQUANTIZE, or one number. */
function operand(b: Builder, value: Value | undefined, dtype: Narrow): Value | undefined {
  const held = behind(value)
  if (held) return single(held) && dtypeOf(held) === dtype ? held : undefined
  const number = value?.isConstant && dtypeOf(value) === 'float32' && numbersOf(value)?.length === 1 ? numbersOf(value)![0]! : undefined
  return number !== undefined && Number.isFinite(number) ? numberOn(b, number, dtype) : undefined
}

/** The first inputs as integers; undefined unless all are. */
function operands(b: Builder, node: Node, count: number, dtype: Narrow): readonly Value[] | undefined {
  const data = node.inputs.slice(0, count).map(v => operand(b, v, dtype))
  return data.every(v => v !== undefined) && data.some(v => !v!.isConstant) ? (data as Value[]) : undefined
}

const attributesOn = (node: Node, dtype: Narrow) => (dtype === 'int16' && (node.op === 'ADD' || node.op === 'SUB') ? { ...node.attributes, pot_scale_int16: 0 } : node.attributes)

/** A bias on the grid of the sums: data's scale times weights'. Sums of int16 are wider. */
function biasOn(b: Builder, bias: Value, scales: readonly number[], dtype: Narrow): Value {
  const held = bias.constant!
  const wide = dtype === 'int16'
  const tensor = deferredTensor(wide ? 'int64' : 'int32', held.shape, [held], `bias-on-${scales.join()}`, ([bytes]) => {
    const from = viewOf(held.dtype, bytes!) as Float32Array
    const place = (x: number, i: number): number => Math.round(x / scales[scales.length === 1 ? 0 : i]!)
    if (wide) return bytesOf(BigInt64Array.from(from, (x, i) => BigInt(place(x, i))))
    return bytesOf(Int32Array.from(from, (x, i) => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, place(x, i)))))
  })
  return withGrain(b.constant(tensor, bias.name), { scale: scales, zero: scales.map(() => 0), axis: 0 })
}

/** int8 as uint8. */
const unsigned = (grain: Grain): Grain => ({ ...grain, zero: grain.zero.map(z => z + 128) })

/** Products with constant weights whose scales, if there are many, go along this axis. */
const weighted = (axis: number, data = 0, offset = false): Form => (b, node, out, dtype) => {
  const [x, w, bias] = [behind(node.inputs[data]), behind(node.inputs[1]), node.inputs[data === 0 ? 2 : 3]]
  const [from, grain] = [single(x), grainOf(w)]
  if (!x || dtypeOf(x) !== dtype || !w?.isConstant || dtypeOf(w) !== 'int8' || !from || !grain || (grain.scale.length > 1 && grain.axis !== axis)) return undefined
  if (bias && !(bias.isConstant && dtypeOf(bias) === 'float32')) return undefined
  const sums = bias ? [biasOn(b, bias, grain.scale.map(s => Math.fround(s * from.scale[0]!)), dtype)] : []
  if (grain.zero.some(z => z !== 0) && !offset) {
    if (dtype !== 'int8' || grain.scale.length > 1) return undefined
    // of convolutions the kernels for uint8 alone know weights with a zero point
    const inputs = [quantizedTo(b, x, 'uint8', unsigned(from)), withGrain(b.constant(turned(w.constant!, 'uint8'), w.name), unsigned(grain))] as const
    const y = onIntegers(b, node.qualified, data === 0 ? [...inputs, ...sums] : [node.inputs[0], inputs[1], inputs[0], ...sums], unsigned(out), node.attributes)
    return quantizedTo(b, y, 'int8', out)
  }
  return onIntegers(b, node.qualified, data === 0 ? [x, w, ...sums] : [node.inputs[0], w, x, ...sums], out, node.attributes)
}

/** All of these inputs as integers; what else there is stays. */
const plain = (count: number): Form => (b, node, out, dtype) => {
  const data = operands(b, node, count, dtype)
  if (!data || (count > 1 && Math.max(...data.map(v => rankOf(v) ?? 9)) > 4 && String(shapeOf(data[0])) !== String(shapeOf(data[1])))) return undefined
  return onIntegers(b, node.qualified, [...data, ...node.inputs.slice(count)], out, attributesOn(node, dtype))
}

/** Kernels that give their input's scale; then a QUANTIZE. */
const like: Form = (b, node, out, dtype) => {
  const data = operands(b, node, 1, dtype)
  return data && regrid(b, onIntegers(b, node.qualified, [...data, ...node.inputs.slice(1)], grainOf(data[0])!, node.attributes), out)
}

/** Whether nothing but the model's outputs comes of a value. */
const isLast = (value: Value, depth = 8): boolean =>
  depth > 0 && [...value.uses].every(use => 'graph' in use || (['DEQUANTIZE', 'QUANTIZE', 'RESHAPE', 'TRANSPOSE', 'SQUEEZE', 'EXPAND_DIMS'].includes(use.node.op) && use.node.outputs.every(v => v === undefined || isLast(v, depth - 1))))

/**
 * Curves whose int8 kernels give a scale of their own. Rounded to that first, a quarter of the numbers are a step off on the scale
 * that is wanted: so where it is another, and more follows than outputs, the curve stays in float32, which is no slower.
 */
const fixed = (narrow: Grain, wide: Grain | undefined): Form => (b, node, out, dtype, y) => {
  const data = operands(b, node, 1, dtype)
  const own = dtype === 'int8' ? narrow : wide
  if (!data || !own || !(dtype === 'int16' || sameGrain(own, out) || isLast(y))) return undefined
  return regrid(b, onIntegers(b, node.qualified, [...data, ...node.inputs.slice(1)], own, node.attributes), out)
}

/** A constant on a scale: what it holds as real numbers, or as integers of another scale. */
function constantOn(b: Builder, value: Value, out: Grain, dtype: Narrow): Value | undefined {
  const held = behind(value)
  const [from, tensor] = [held && single(held), (held ?? value).constant]
  if (tensor === undefined || (held ? !from : dtypeOf(value) !== 'float32')) return undefined
  if (from && dtypeOf(held) === dtype && sameGrain(from, out)) return held
  const made = deferredTensor(dtype, tensor.shape, [tensor], `on-${out.scale[0]}-${out.zero[0]}-from-${from?.scale[0]}-${from?.zero[0]}`, ([bytes]) => {
    const place = (x: number): number => Math.min(greatest(dtype), Math.max(least(dtype), Math.round((from ? (x - from.zero[0]!) * from.scale[0]! : x) / out.scale[0]!) + out.zero[0]!))
    const numbers = viewOf(tensor.dtype, bytes!) as Float32Array
    return bytesOf(dtype === 'int8' ? Int8Array.from(numbers, place) : Int16Array.from(numbers, place))
  })
  return withGrain(b.constant(made, value.name), out)
}

/** Kernels that want their inputs from this one on on the output's scale. */
const alike = (from: number): Form => (b, node, out, dtype) => {
  const data = node.inputs.slice(from).map(v => {
    const held = behind(v)
    if (v === undefined || v.isConstant || held?.isConstant) return v && constantOn(b, v, out, dtype)
    return single(held) && dtypeOf(held) === dtype ? regrid(b, held!, out) : undefined
  })
  if (!data.every(v => v !== undefined) || data.every(v => v!.isConstant)) return undefined
  return onIntegers(b, node.qualified, [...node.inputs.slice(0, from), ...data], out, node.attributes)
}

/** The lesser or the greater of numbers, on the output's scale: what is compared with a constant may come there first. */
const extreme: Form = (b, node, out, dtype, y) => {
  const at = node.inputs.findIndex(v => v?.isConstant || behind(v)?.isConstant)
  const [number, x] = [node.inputs[at], node.inputs[1 - at]]
  if (at < 0 || !x || behind(x) || dtypeOf(x) !== 'float32') return alike(0)(b, node, out, dtype, y)
  const held = constantOn(b, number!, out, dtype)
  return held && onIntegers(b, node.qualified, [quantizedTo(b, x, dtype, out), held], out)
}

/** The mean over height and width. With `keep_dims` the kernel rounds the zero point by itself, up to half a step off. */
const mean: Form = (b, node, out, dtype) => {
  const data = operands(b, node, 1, dtype)
  if (!data) return undefined
  const from = grainOf(data[0])!
  const shift = (from.zero[0]! * from.scale[0]!) / out.scale[0]!
  const shape = shapeOf(node.outputs[0])
  if (intOf(node, 'keep_dims', 0) === 0 || rankOf(data[0]) !== 4 || Math.abs(shift - Math.round(shift)) < 1e-3 || shape === undefined) {
    return onIntegers(b, node.qualified, [data[0], node.inputs[1]], out, node.attributes)
  }
  const flat = onIntegers(b, node.qualified, [data[0], node.inputs[1]], out, { ...node.attributes, keep_dims: 0 })
  const back = reshapeTo(b, flat, shape)
  return back && noted(back, out)
}

/** A product of a constant and a quotient by one number. */
const quotient: Form = (b, node, out, dtype) => {
  const [x, number] = [operand(b, node.inputs[0], dtype), oneNumber(node.inputs[1])]
  if (!x || x.isConstant || !number || node.attributes['fused_activation_function']) return undefined
  return onIntegers(b, 'tflite::MUL', [x, numberOn(b, 1 / number, dtype)], out)
}

const square: Form = (b, node, out, dtype) => {
  const data = operands(b, node, 1, dtype)
  return data && onIntegers(b, 'tflite::MUL', [data[0], data[0]], out)
}

const producer = (value: Value | undefined, op: string): Node | undefined => (value?.producer?.node.qualified === op ? value.producer.node : undefined)

/** Rounded as QuantizeLinear does: halves to even. */
const halvesToEven = (x: number): number => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x))

/**
 * The weight for a slope and the number added, in units of the sums, that come closest to them. Where the line starts on a half, as 0.5 in steps of
 * 1/255, they stay on the side that a half goes to: 0 is no rare number.
 */
function weightFor(slope: number, start: number, scale: number, step: number): { readonly weight: number; readonly bias: number } {
  const place = Math.fround(start / step)
  const half = Math.abs(Math.abs(place % 1) - 0.5) < 1e-3
  const side = Math.sign(halvesToEven(place) - place)
  const inUnits = (weight: number): number => start / Math.fround(Math.fround(slope / weight) * scale)
  let best = { weight: 127, bias: Math.round(inUnits(127)), off: Infinity }
  for (let weight = 127; weight >= 32; weight--) {
    const exact = inUnits(weight)
    const bias = half ? (side > 0 ? Math.ceil(exact) : Math.floor(exact)) : Math.round(exact)
    const off = Math.abs((bias - exact) * start) / Math.abs(exact)
    // nearer than this, float32 may round it to the other side
    if (off < best.off && !(half && off < 1e-4 * step)) best = { weight, bias, off }
  }
  return best
}

/** x times a number plus a number, cut off at 0 and 1: a convolution of each channel for itself. */
const line: Form = (b, node, out, dtype, given) => {
  const sum = producer(node.inputs[0], 'tflite::ADD')
  const product = producer(sum?.inputs[0], 'tflite::MUL')
  const [x, slope, start] = [behind(product?.inputs[0]), oneNumber(product?.inputs[1]), oneNumber(sum?.inputs[1])]
  const [shape, from] = [shapeOf(x), single(x)]
  if (!x || !from || dtypeOf(x) !== 'int8' || dtype !== 'int8' || !shape || !slope || start === undefined) return plain(1)(b, node, out, dtype, given)
  const channels = shape.at(-1) ?? 1
  if (typeof channels !== 'number' || channels === 0) return undefined
  const ends = [(-128 - out.zero[0]!) * out.scale[0]!, (127 - out.zero[0]!) * out.scale[0]!] as const
  const { weight, bias: added } = weightFor(Math.abs(slope), start, from.scale[0]!, out.scale[0]!)
  const weights = oneScale(Math.fround(Math.abs(slope) / weight), 0)
  const unit = Math.fround(weights.scale[0]! * from.scale[0]!)
  writtenOut(channels)
  const filter = integersOf(b, 'int8', [1, 1, 1, channels], Array.from({ length: channels }, () => Math.sign(slope) * weight), weights)
  const bias = withGrain(int32s(b, Array.from({ length: channels }, () => added)), oneScale(unit, 0))
  const image = shape.length === 4 ? x : noted(b.op('tflite::RESHAPE', [x, int32s(b, [-1, 1, 1, channels])]), from)
  const y = onIntegers(b, 'tflite::DEPTHWISE_CONV_2D', [image, filter, bias], out, { padding: 'VALID', stride_w: 1, stride_h: 1, depth_multiplier: 1 })
  const flat = shape.length === 4 ? y : reshapeTo(b, y, shape)
  if (flat === undefined) return undefined
  const whole = flat === y ? y : noted(flat, out)
  // the grid itself cuts off what lies beyond it
  return ends[0] > -out.scale[0]! / 2 && ends[1] < 1 + out.scale[0]! / 2 ? whole : onIntegers(b, node.qualified, [whole], out)
}

/** How operators whose result goes to a QUANTIZE take integers. */
const forms: Readonly<Record<string, Form>> = {
  CONV_2D: weighted(0), DEPTHWISE_CONV_2D: weighted(3), FULLY_CONNECTED: weighted(0, 0, true), TRANSPOSE_CONV: weighted(0, 2),
  ADD: plain(2), SUB: plain(2), MUL: plain(2), SQUARED_DIFFERENCE: plain(2), PRELU: plain(2), BATCH_MATMUL: plain(2), DIV: quotient, SQUARE: square,
  RELU: plain(1), RELU6: plain(1), RELU_N1_TO_1: plain(1), RELU_0_TO_1: line, LEAKY_RELU: plain(1), HARD_SWISH: plain(1), ELU: plain(1), GELU: plain(1), EXP: plain(1), LOG: plain(1), RSQRT: plain(1), ABS: plain(1),
  MEAN: mean, SUM: plain(1), AVERAGE_POOL_2D: like, RESIZE_BILINEAR: like,
  LOGISTIC: fixed(oneScale(1 / 256, -128), oneScale(1 / 32768, 0)), SOFTMAX: fixed(oneScale(1 / 256, -128), oneScale(1 / 32768, 0)),
  TANH: fixed(oneScale(1 / 128, 0), oneScale(1 / 32768, 0)), L2_NORMALIZATION: fixed(oneScale(1 / 128, 0), undefined), LOG_SOFTMAX: fixed(oneScale(16 / 256, 127), undefined),
  CONCATENATION: alike(0), PACK: alike(0), MAXIMUM: extreme, MINIMUM: extreme, SELECT_V2: alike(1), SELECT: alike(1),
}
/** Of these, those without kernels for int16. */
const onlyInt8: ReadonlySet<string> = new Set(['SQUARED_DIFFERENCE', 'PRELU', 'RELU_N1_TO_1', 'RELU_0_TO_1', 'HARD_SWISH', 'ELU', 'GELU', 'EXP', 'LOG', 'RSQRT', 'ABS', 'SELECT_V2', 'SELECT'])

const fuse = rule('tflite-quantized', p => p.op('tflite::QUANTIZE', p.op(named(Object.keys(forms))).as('maker')), ({ root, nodes }, b, refuse) => {
  const [grain, maker, dtype] = [single(root.outputs[0]), nodes['maker']!, dtypeOf(root.outputs[0])]
  if (!grain || dtypeOf(root.inputs[0]) !== 'float32' || !isNarrow(dtype)) return refuse('it is not from real numbers to one scale')
  if (dtype === 'int16' && onlyInt8.has(maker.op)) return refuse('it has no kernel for int16')
  return forms[maker.op]!(b, maker, grain, dtype, root.outputs[0]!) ?? refuse('its inputs are not integers with scales')
})

export const formRules: readonly Rule[] = [fuse]
