import { bytesOf, deferredTensor, inlineTensor, reshapedTensor, viewOf } from '../../../src/ir/tensor.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import { bitsOf } from '../../../src/ir/dtype.ts'
import type { DType } from '../../../src/ir/dtype.ts'
import type { Dim } from '../../../src/ir/dim.ts'
import type { Node, Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { elementsOf } from '../../../src/ops/infer.ts'
import { dtypeOf, numbersOf, shapeOf } from '../../../src/passes/kit/values.ts'
import { transposeTensor } from '../../../src/passes/kit/weights.ts'
import type { Outcome, Refused, Rule } from '../../../src/rewrite/rule.ts'
import type { Grain } from '../kit/grain.ts'
import { grainOf, noteGrains, withGrain } from '../kit/grain.ts'
import { mostAxes, heldDTypes, runtimeDTypes, tensorTypeOf } from '../dtypes.ts'
import type { TfliteOperator } from '../operator.ts'
import { accepts } from '../operator.ts'
import { operators } from '../ops/registry.gen.ts'

export type Replace = (node: Node, b: Builder, refuse: (reason: string) => Refused) => Outcome

/** A rule for every node of these operators. */
export const onNode = (name: string, ops: string | readonly string[], replace: Replace): Rule => {
  const roots = typeof ops === 'string' ? [ops] : ops
  return {
    name: `tflite-${name}`,
    roots,
    pattern: { kind: 'op', op: roots.join('|'), inputs: [], commutes: false },
    replace(match, b, refuse) {
      const outcome = replace(match.root, b, refuse)
      return misfitOf(b, refuse) ?? outcome
    },
  }
}

/** What was made must itself be taken, else the rule would be undone and tried again. */
function misfitOf(b: Builder, refuse: (reason: string) => Refused): Refused | undefined {
  for (const node of b.made) {
    const operator = node.domain === 'tflite' ? byName.get(node.op) : undefined
    if (operator === undefined) continue
    const verdict = accepts(operator, node)
    if (verdict !== true) return refuse(verdict.refused)
    const odd = [...node.inputs, ...node.outputs].filter(v => !(v?.isConstant && heldDTypes.has(v.constant!.dtype))).map(dtypeOf).find(d => d !== undefined && !runtimeDTypes.has(d))
    if (odd) return refuse(`the runtime computes with no ${odd}`)
    if ([...node.inputs, ...node.outputs].some(v => (shapeOf(v)?.length ?? 0) > mostAxes)) return refuse(`the runtime has no more than ${mostAxes} axes`)
  }
  return undefined
}

const byName = new Map<string, TfliteOperator>(operators.map(o => [o.name, o]))

/** An int32 constant. */
export const int32s = (b: Builder, values: readonly number[], shape: readonly number[] = [values.length]): Value => b.bytes('int32', shape, bytesOf(Int32Array.from(values)))

export const castTo = (b: Builder, x: Value, dtype: DType): Value => {
  const from = dtypeOf(x)
  return from === dtype || from === undefined ? x : b.op('tflite::CAST', [x], { in_data_type: tensorTypeOf(from), out_data_type: tensorTypeOf(dtype) })
}

/** An integer value as the runtime wants shapes, axes and sizes. Constants beyond int32 become its ends. */
export function asInt32(b: Builder, value: Value): Value {
  if (dtypeOf(value) === 'int32') return value
  const numbers = value.isConstant ? numbersOf(value) : undefined
  if (numbers === undefined) return castTo(b, value, 'int32')
  return int32s(b, numbers.map(n => Math.min(2 ** 31 - 1, Math.max(-(2 ** 31), n))), value.constant!.shape)
}

/** The elements of a shape-like input where all are numbers. */
export function numbersIn(value: Value | undefined): readonly number[] | undefined {
  const elements = elementsOf(value)
  return elements?.every(d => typeof d === 'number') ? (elements as readonly number[]) : undefined
}

/** `count` zeros or ones, one constant for all that ask for the same. */
export const filled = (b: Builder, shape: readonly number[], value: number): Value => {
  const count = shape.reduce((n, d) => n * d, 1)
  const made = inlineTensor('float32', shape, bytesOf(new Float32Array(count).fill(value)))
  return b.constant({ ...made, key: `filled-${value}-${count}` })
}

/** The shape as a constant when at most one size is open: RESHAPE takes one -1. Sizes of 0 leave no room for it. */
export function reshapeTo(b: Builder, x: Value, shape: readonly Dim[]): Value | undefined {
  const open = shape.filter(d => typeof d !== 'number').length
  if (open > 1 || (open === 1 && shape.includes(0))) return undefined
  // an empty constant is no constant to the runtime
  if (shape.length === 0) return b.op('tflite::SQUEEZE', [x])
  return b.op('tflite::RESHAPE', [x, int32s(b, shape.map(d => (typeof d === 'number' ? d : -1)))])
}

/** The sizes of a value while the model runs, int32. */
export const runtimeShape = (b: Builder, x: Value): Value => b.op('tflite::SHAPE', [x], { out_type: 'INT32' })

/** The constant integers behind a DEQUANTIZE: weights that stay integers in the file. */
const integersBehind = (value: Value): Value | undefined => {
  const node = value.producer?.node
  return node?.qualified === 'tflite::DEQUANTIZE' && node.inputs[0]!.isConstant ? node.inputs[0] : undefined
}

/** A constant, also one that a DEQUANTIZE makes of constant integers. */
export const isHeld = (value: Value): boolean => value.isConstant || integersBehind(value) !== undefined

/** A DEQUANTIZE of integers with scales. */
export const realOf = (b: Builder, integers: Value): Value => noteGrains(b.op('tflite::DEQUANTIZE', [integers]).producer!.node)

/** The float32 constant that integers with scales stand for. */
export function realsOf(b: Builder, held: Tensor, { scale, zero, axis }: Grain, name: string): Value {
  const inner = held.shape.slice(axis + 1).reduce((n, d) => n * d, 1)
  const tensor = deferredTensor('float32', held.shape, [held], `times-${scale.join()}-along-${axis}-less-${zero.join()}`, ([bytes]) => {
    const place = (i: number): number => (scale.length === 1 ? 0 : Math.floor(i / inner) % scale.length)
    return bytesOf(Float32Array.from(viewOf(held.dtype, bytes!) as Int8Array, (n, i) => (n - zero[place(i)]!) * scale[place(i)]!))
  })
  return b.constant(tensor, name)
}

/** A constant for a value that is held: integers behind a DEQUANTIZE become float32. */
export function heldAsFloats(b: Builder, value: Value): Value {
  const integers = integersBehind(value)
  return integers ? realsOf(b, integers.constant!, grainOf(integers)!, integers.name) : value
}

/** A constant in another shape with as many elements; of an axis that has scales of its own, `moved` says which it becomes. */
export function reshapedConstant(b: Builder, value: Value, shape: readonly number[], moved: (axis: number) => number): Value {
  const held = integersBehind(value)
  if (held === undefined) return b.constant(reshapedTensor(value.constant!, shape), value.name)
  const grain = grainOf(held)!
  return realOf(b, withGrain(b.constant(reshapedTensor(held.constant!, shape), held.name), { ...grain, axis: moved(grain.axis) }))
}

/** A value in another axis order: at once for constants, else by a TRANSPOSE. */
export function transposed(b: Builder, value: Value, perm: readonly number[]): Value {
  if (perm.every((p, i) => p === i)) return value
  const integers = integersBehind(value)
  if (integers) {
    const grain = grainOf(integers)!
    return realOf(b, withGrain(transposed(b, integers, perm), { ...grain, axis: grain.scale.length > 1 ? perm.indexOf(grain.axis) : 0 }))
  }
  const held = value.isConstant ? value.constant! : undefined
  // axes of size 1 move without moving an element
  const moved = held && perm.filter(p => held.shape[p] !== 1)
  if (held && moved!.every((p, i) => i === 0 || p > moved![i - 1]!)) return b.constant(reshapedTensor(held, perm.map(p => held.shape[p]!)), value.name)
  return value.isConstant ? b.constant(transposeTensor(value.constant!, perm), value.name) : b.op('tflite::TRANSPOSE', [value, int32s(b, perm)])
}

export const staticSizes = (value: Value | undefined): readonly number[] | undefined => {
  const shape = shapeOf(value)
  return shape?.every(d => typeof d === 'number') ? (shape as readonly number[]) : undefined
}

/** One element of a vector, without axes. */
export function elementAt(b: Builder, vector: Value, index: number): Value {
  const bytes = vector.constant?.peek()
  if (vector.isConstant && bytes) {
    const { dtype } = vector.constant!
    const size = bitsOf(dtype) / 8
    return b.bytes(dtype, [], bytes.slice(index * size, (index + 1) * size))
  }
  return b.op('tflite::STRIDED_SLICE', [vector, int32s(b, [index]), int32s(b, [index + 1]), int32s(b, [1])], { shrink_axis_mask: 1 })
}
