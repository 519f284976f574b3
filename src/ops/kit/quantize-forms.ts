import type { DType } from '../../ir/dtype.ts'
import { bitsOf } from '../../ir/dtype.ts'
import { elementCount } from '../../ir/types.ts'
import type { Node, Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import type { VersionStep } from '../operator.ts'
import { dtypeOf, nodeAttributes } from './algebra.ts'
import { centred } from './integer-product.ts'
import { castTo, knownDType, knownRank, knownShape } from './older.ts'
import { rangeOf, spreadScale } from './quantize.ts'
import { become, becomeAll } from './versions.ts'

/** The nearest integers, even at halves, within the range of `to`; `x` is of float32. */
function quantized(b: Builder, x: Value, zero: Value | undefined, to: DType): Value {
  const [low, high] = rangeOf(to)
  const wide = dtypeOf(x)!
  const rounded = b.op('Round', [x])
  const moved = zero ? b.op('Add', [rounded, castTo(b, zero, wide)]) : rounded
  return castTo(b, b.op('Clip', [moved, b.scalar(low, wide), b.scalar(high, wide)]), to)
}

/** QuantizeLinear to integers by arithmetic; `precision` is that of the division. Undefined when types or the shapes of scales are not known. */
export function quantizedByArithmetic(b: Builder, node: Node, precision: DType): Value | undefined {
  const [x, scale, zero] = node.inputs
  const to = dtypeOf(node.outputs[0])
  const attributes = nodeAttributes(node)
  const [divisor, origin] = [spreadScale(b, x, scale, attributes), zero && spreadScale(b, x, zero, attributes)]
  if (to === undefined || divisor === undefined || (zero && !origin)) return undefined
  const quotient = b.op('Div', [castTo(b, x, precision), castTo(b, divisor, precision)])
  return quantized(b, castTo(b, quotient, 'float32'), origin, to)
}

/** A step that says QuantizeLinear of integers by arithmetic; `precision` is that of the division. */
export const quantizeByHand = (step: VersionStep, precision: DType): void => {
  const to = dtypeOf(step.node.outputs[0]) ?? step.refuse('its element type is not known')
  if (to.startsWith('float')) return step.refuse(`${to} in blocks came later`)
  become(step, quantizedByArithmetic(step.b, step.node, precision) ?? step.refuse('the shapes of its scales are not known'))
}

/** DequantizeLinear of integers by arithmetic. Undefined when types or the shapes of scales are not known. */
export function dequantizedByArithmetic(b: Builder, node: Node): Value | undefined {
  const [x, scale, zero] = node.inputs
  const to = dtypeOf(node.outputs[0])
  const attributes = nodeAttributes(node)
  const [factor, origin] = [spreadScale(b, x, scale, attributes), zero && spreadScale(b, x, zero, attributes)]
  if (to === undefined || factor === undefined || (zero && !origin)) return undefined
  const difference = origin ? b.op('Sub', [castTo(b, x, 'int32'), castTo(b, origin, 'int32')]) : x!
  const wide = bitsOf(to) < 32 ? 'float32' : to
  return castTo(b, b.op('Mul', [castTo(b, difference, wide), castTo(b, factor, wide)]), to)
}

/** A step that says DequantizeLinear of integers by arithmetic. */
export function dequantizeByHand(step: VersionStep): void {
  if (knownDType(step).startsWith('float')) return step.refuse(`${knownDType(step)} in blocks came later`)
  become(step, dequantizedByArithmetic(step.b, step.node) ?? step.refuse('the shapes of its scales are not known'))
}

/** `x - zero` in doubles, which hold the integers and their products. */
const inDoubles = (step: VersionStep, x: Value | undefined, zero: Value | undefined, axis: number, rank: number): Value =>
  centred(step.b, x, zero, axis, rank, 'float64') ?? step.refuse('a shape is not known')

/** Matrices of integers, said in doubles: inputs by place. */
function product(step: VersionStep, a: number, aZero: number, c: number, cZero: number): Value {
  const { inputs } = step.node
  const [rows, columns] = [knownRank(step, inputs[a]), knownRank(step, inputs[c])]
  return step.b.op('MatMul', [inDoubles(step, inputs[a], inputs[aZero], rows - 2, rows), inDoubles(step, inputs[c], inputs[cZero], columns - 1, columns)])
}

/** A step that says MatMulInteger in doubles. */
export const multiplyInDoubles = (step: VersionStep): void => become(step, castTo(step.b, product(step, 0, 2, 1, 3), 'int32'))

/** A step that says ConvInteger in doubles. */
export function convolveInDoubles(step: VersionStep): void {
  const { node, b } = step
  const rank = knownRank(step, node.inputs[0])
  const sums = b.op('Conv', [inDoubles(step, node.inputs[0], node.inputs[2], 1, rank), inDoubles(step, node.inputs[1], node.inputs[3], 0, rank)], node.attributes)
  become(step, castTo(b, sums, 'int32'))
}

/** A step that says QLinearMatMul in doubles, where its scales are single numbers. */
export function multiplyQuantized(step: VersionStep): void {
  const { node, b } = step
  const scales = [1, 4, 6].map(i => node.inputs[i])
  if ([...scales, node.inputs[7]].some(v => elementCount(knownShape(step, v)) !== 1)) return step.refuse('it has several scales')
  const [x, y, z] = scales.map(v => b.op('Reshape', [v, b.ints([])]))
  const ratio = b.op('Div', [b.op('Mul', [x, y]), z])
  const scaled = b.op('Mul', [product(step, 0, 2, 3, 5), castTo(b, ratio, 'float64')])
  become(step, quantized(b, scaled, b.op('Reshape', [node.inputs[7], b.ints([])]), dtypeOf(node.outputs[0])!))
}

/** DynamicQuantizeLinear by its definition. */
export function quantizedItself(b: Builder, node: Node): readonly Value[] {
  const [x] = node.inputs
  const number = (n: number): Value => b.scalar(n, 'float32')
  const [most, least] = [b.op('Max', [b.op('ReduceMax', [x], { keepdims: 0 }), number(0)]), b.op('Min', [b.op('ReduceMin', [x], { keepdims: 0 }), number(0)])]
  const span = b.op('Sub', [most, least])
  const flat = castTo(b, b.op('Equal', [span, number(0)]), 'float32')
  const scale = b.op('Div', [b.op('Add', [span, flat]), number(255)])
  const zero = quantized(b, b.op('Clip', [b.op('Div', [b.op('Neg', [least]), scale]), number(0), number(255)]), undefined, 'uint8')
  return [quantized(b, b.op('Div', [x, scale]), zero, 'uint8'), scale, zero]
}

/** A step that says DynamicQuantizeLinear by its definition. */
export const quantizeItself = (step: VersionStep): void => becomeAll(step, quantizedItself(step.b, step.node))
