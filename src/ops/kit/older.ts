import { dimEquals } from '../../ir/dim.ts'
import type { DType } from '../../ir/dtype.ts'
import { bitsOf } from '../../ir/dtype.ts'
import type { Value } from '../../ir/model.ts'
import { int64Tensor } from '../../ir/tensor.ts'
import { elementCount, staticShape } from '../../ir/types.ts'
import type { Builder } from '../builder.ts'
import type { VersionStep } from '../operator.ts'
import { dtypeOf, shapeOf } from './algebra.ts'
import { numberOfDType } from './datatype.ts'
import { become } from './versions.ts'
import { writtenOut } from './written-out.ts'

/** The dtype of an input, which a step must know. */
export const knownDType = (step: VersionStep, input = 0): DType => dtypeOf(step.node.inputs[input]) ?? step.refuse(`the element type of input ${input} is not known`)

/** The rank of a value, which a step must know. */
export const knownRank = (step: VersionStep, value: Value | undefined): number => shapeOf(value)?.length ?? step.refuse('a rank is not known')

/** The shape of a value, which a step must know to the last size. */
export const knownShape = (step: VersionStep, value: Value | undefined): readonly number[] => staticShape(shapeOf(value)) ?? step.refuse('a shape is not known')

export const castTo = (b: Builder, x: Value | undefined, dtype: DType): Value => (dtypeOf(x) === dtype ? x! : b.op('Cast', [x], { to: numberOfDType(dtype) }))

/** 0, 1, 2 ... in int64, of a shape. */
export const counting = (b: Builder, shape: readonly number[]): Value => b.constant(int64Tensor(Array.from({ length: writtenOut(elementCount(shape)) }, (_, i) => i), shape))

/** The elements of `x`, counted in one row, at places of int64: of the places' shape. */
export const elementsAt = (b: Builder, x: Value | undefined, places: Value): Value => b.op('Gather', [b.op('Reshape', [x, b.ints([-1])]), places])

/** int64 indices from 0 on, where negative ones counted from the end of `size`. */
export function fromTheFront(b: Builder, indices: Value | undefined, size: number): Value {
  const shifted = b.op('Add', [castTo(b, indices, 'int64'), b.int(size)])
  return b.op('Sub', [shifted, b.op('Mul', [b.op('Div', [shifted, b.int(size)]), b.int(size)])])
}

/** A step that says a float operator of one input by a formula in doubles. */
export const inDoubles = (formula: (b: Builder, x: Value, number: (n: number) => Value) => Value) => (step: VersionStep): void => {
  const { node, b } = step
  const dtype = knownDType(step)
  const wide = formula(b, castTo(b, node.inputs[0], 'float64'), n => b.scalar(n, 'float64'))
  become(step, castTo(b, wide, dtype))
}

/** True in bool where neither of two floats is NaN and they are the same: what Equal of opset 7 does not take. */
export function equalFloats(b: Builder, x: Value, y: Value): Value {
  const isNumber = (v: Value): Value => b.op('Or', [b.op('Less', [v, b.scalar(1, dtypeOf(v)!)]), b.op('Greater', [v, b.scalar(0, dtypeOf(v)!)])])
  const apart = b.op('Or', [b.op('Less', [x, y]), b.op('Greater', [x, y])])
  return b.op('And', [b.op('Not', [apart]), b.op('And', [isNumber(x), isNumber(y)])])
}

const powersOfTwo = (b: Builder, count: number, dtype: DType): Value => castTo(b, b.ints(Array.from({ length: count }, (_, i) => BigInt.asIntN(64, 1n << BigInt(i)))), dtype)

/** Bits of integers as numbers of a new last axis, the lowest first. */
function bitsOfIntegers(b: Builder, x: Value, rank: number, bits: number, wide: DType): Value {
  const shifted = b.op('Div', [b.op('Unsqueeze', [castTo(b, x, wide), b.ints([rank])]), powersOfTwo(b, bits, wide)])
  const two = b.scalar(2, wide)
  return b.op('Sub', [shifted, b.op('Mul', [b.op('Div', [shifted, two]), two])])
}

/** A step that says a bitwise operator of two inputs by arithmetic on their bits. */
export const bitByBit = (combine: (b: Builder, x: Value, y: Value) => Value) => (step: VersionStep): void => {
  const { node, b } = step
  const dtype = knownDType(step)
  const bits = bitsOf(dtype)
  const wide: DType = bits > 32 ? 'uint64' : 'uint32'
  const ranks = node.inputs.map(v => knownRank(step, v))
  const [x, y] = node.inputs.map((v, i) => bitsOfIntegers(b, v!, ranks[i]!, bits, wide))
  const terms = b.op('Mul', [combine(b, x!, y!), powersOfTwo(b, bits, wide)])
  become(step, castTo(b, b.op('ReduceSum', [terms, b.ints([Math.max(...ranks)])], { keepdims: 0 }), dtype))
}

/** A step that takes the greater or lesser of 64-bit integers, which no float holds, by a comparison. */
export const ofLongs = (test: 'Greater' | 'Less') => (step: VersionStep): void => {
  const { node, b } = step
  const dtype = dtypeOf(node.inputs[0])
  if (dtype !== 'int64' && dtype !== 'uint64') return
  become(step, node.inputs.map(v => v!).reduce((x, y) => b.op('Where', [b.op(test, [x, y]), x, y])))
}

/** A step back over the version in which inputs began to broadcast: those of another shape than the output are expanded. */
export function ofOneShape(step: VersionStep): void {
  const { node, b } = step
  const shapes = node.inputs.map(shapeOf)
  const [first] = shapes
  if (first && shapes.every(s => s?.length === first.length && s.every((d, i) => dimEquals(d, first[i]!)))) return
  const whole = knownShape(step, node.outputs[0])
  node.inputs.forEach((v, i) => {
    if (shapes[i]?.join() !== whole.join()) node.setInput(i, b.op('Expand', [v, b.ints(whole)]))
  })
}
