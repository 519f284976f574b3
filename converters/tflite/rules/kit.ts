import { bytesOf, deferredTensor, inlineTensor } from '../../../src/ir/tensor.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import type { DType } from '../../../src/ir/dtype.ts'
import { bitsOf } from '../../../src/ir/dtype.ts'
import type { Dim } from '../../../src/ir/dim.ts'
import type { Node, Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { elementsOf } from '../../../src/ops/infer.ts'
import { dtypeOf, numbersOf, shapeOf } from '../../../src/passes/kit/values.ts'
import type { Outcome, Refused, Rule } from '../../../src/rewrite/rule.ts'
import { tensorTypeOf } from '../dtypes.ts'

export type Replace = (node: Node, b: Builder, refuse: (reason: string) => Refused) => Outcome

/** A rule for every node of these operators. */
export const onNode = (name: string, ops: string | readonly string[], replace: Replace): Rule => {
  const roots = typeof ops === 'string' ? [ops] : ops
  return {
    name: `tflite-${name}`,
    roots,
    pattern: { kind: 'op', op: roots.join('|'), inputs: [], commutes: false },
    replace: (match, b, refuse) => replace(match.root, b, refuse),
  }
}

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
  return b.op('tflite::RESHAPE', [x, int32s(b, shape.map(d => (typeof d === 'number' ? d : -1)))])
}

/** The sizes of a value while the model runs, int32. */
export const runtimeShape = (b: Builder, x: Value): Value => b.op('tflite::SHAPE', [x], { out_type: 'INT32' })

/** Bytes of elements in another axis order. */
export function permuted(tensor: Tensor, perm: readonly number[]): Tensor {
  const shape = perm.map(p => tensor.shape[p]!)
  const size = bitsOf(tensor.dtype) / 8
  return deferredTensor(tensor.dtype, shape, [tensor], `transpose-${perm.join('-')}-of-${tensor.shape.join('x')}`, ([bytes]) => permuteBytes(bytes!, tensor.shape, perm, size))
}

function permuteBytes(bytes: Uint8Array, from: readonly number[], perm: readonly number[], size: number): Uint8Array {
  const out = new Uint8Array(bytes.byteLength)
  const strides = from.map((_, i) => from.slice(i + 1).reduce((n, d) => n * d, 1))
  const shape = perm.map(p => from[p]!)
  const steps = perm.map(p => strides[p]!)
  const words = size === 4 && bytes.byteOffset % 4 === 0
  const source = words ? new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4) : undefined
  const target = words ? new Uint32Array(out.buffer) : undefined
  let at = 0
  const walk = (axis: number, base: number): void => {
    const [count, step] = [shape[axis] ?? 1, steps[axis] ?? 0]
    if (axis < shape.length - 1) for (let i = 0; i < count; i++) walk(axis + 1, base + i * step)
    else if (source && target) for (let i = 0; i < count; i++) target[at++] = source[base + i * step]!
    else for (let i = 0; i < count; i++, at += size) for (let j = 0; j < size; j++) out[at + j] = bytes[(base + i * step) * size + j]!
  }
  if (out.byteLength > 0) walk(0, 0)
  return out
}

/** A value in another axis order: at once for constants, else by a TRANSPOSE. */
export function transposed(b: Builder, value: Value, perm: readonly number[]): Value {
  if (perm.every((p, i) => p === i)) return value
  return value.isConstant ? b.constant(permuted(value.constant!, perm), value.name) : b.op('tflite::TRANSPOSE', [value, int32s(b, perm)])
}

export const staticSizes = (value: Value | undefined): readonly number[] | undefined => {
  const shape = shapeOf(value)
  return shape?.every(d => typeof d === 'number') ? (shape as readonly number[]) : undefined
}
