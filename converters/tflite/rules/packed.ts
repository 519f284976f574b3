import type { DType } from '../../../src/ir/dtype.ts'
import type { Value } from '../../../src/ir/model.ts'
import { isSubByte, unpackSubByte } from '../../../src/ir/subbyte.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import { bytesOf, deferredTensor, reshapedTensor } from '../../../src/ir/tensor.ts'
import { elementCount } from '../../../src/ir/types.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { dtypeOf, intOf, numbersOf, rankOf, sizesOf } from '../../../src/passes/kit/values.ts'
import type { Rule } from '../../../src/rewrite/rule.ts'
import { withGrain } from '../kit/grain.ts'
import { int32s, onNode, realOf } from './kit.ts'

type Integer = 'int4' | 'uint4' | 'int8' | 'uint8'
const signedOf: Readonly<Record<Integer, 'int4' | 'int8'>> = { int4: 'int4', uint4: 'int4', int8: 'int8', uint8: 'int8' }
const shiftOf: Readonly<Record<Integer, number>> = { int4: 0, uint4: 8, int8: 0, uint8: 128 }
const isInteger = (dtype: DType | undefined): dtype is Integer => dtype !== undefined && Object.hasOwn(signedOf, dtype)

/** Zero points that are in memory, one a place. */
function zerosIn(zero: Tensor): readonly number[] | undefined {
  const bytes = zero.peek()
  if (bytes === undefined) return undefined
  const integers = isSubByte(zero.dtype) ? unpackSubByte(zero.dtype, bytes, elementCount(zero.shape)) : bytes
  return zero.dtype.startsWith('uint') ? [...integers] : [...new Int8Array(integers)]
}

/** Unsigned integers as signed ones, less by half their range. */
const signed = (tensor: Tensor, from: Integer, shape: readonly number[]): Tensor =>
  shiftOf[from] === 0 ? reshapedTensor(tensor, shape) : deferredTensor(signedOf[from], shape, [tensor], `signed-${from}`, ([bytes]) => bytes!.map(n => n ^ (from === 'uint4' ? 0x88 : 0x80)))

/** Zero points as numbers to subtract from the signed integers, of a row of `columns` that are packed into whole bytes each. */
function zeroReals(zero: Tensor, from: Integer, shape: readonly number[], columns: number): Tensor {
  const [count, shift] = [elementCount(shape), shiftOf[from]]
  return deferredTensor('float32', shape, [zero], `zero-points-${from}-by-${columns}-of-${shape.join()}`, ([bytes]) => {
    if (from === 'int8') return bytesOf(Float32Array.from(new Int8Array(bytes!)))
    if (from === 'uint8') return bytesOf(Float32Array.from(bytes!, n => n - shift))
    const padded = columns + (columns % 2)
    const all = new Int8Array(unpackSubByte(from, bytes!, (count / columns) * padded).buffer)
    return bytesOf(Float32Array.from({ length: count }, (_, i) => all[Math.floor(i / columns) * padded + (i % columns)]! - shift))
  })
}

interface Held {
  readonly integers: Tensor
  readonly name: string
  /** Each scale for a stretch of the integers: shapes that broadcast against theirs. */
  readonly scale: Tensor
  readonly zero: Tensor | undefined
}

/** Real numbers worked out while the model runs: integers, less zero points, times scales. */
function scaledReals(b: Builder, { integers, name, scale, zero }: Held): Value {
  const whole = realOf(b, withGrain(b.constant(integers, name), { scale: [1], zero: [0], axis: 0 }))
  return b.op('tflite::MUL', [zero ? b.op('tflite::SUB', [whole, b.constant(zero)]) : whole, b.constant(scale)])
}

/** Weights of four bits, or by blocks, of which the runtime has no kernel: integers in the file, real numbers while the model runs. */
const dequantize = onNode('dequantize-packed', 'DequantizeLinear', (node, b, refuse) => {
  const [x, s, z] = node.inputs as [Value, Value, Value | undefined]
  const from = dtypeOf(x)
  if (!x.isConstant || !isInteger(from) || !s.isConstant || (z && !z.isConstant) || dtypeOf(s) !== 'float32' || dtypeOf(node.outputs[0]) !== 'float32') return refuse('it is for constant integers of 4 or 8 bits and float32')
  const [shape, rank, block] = [x.constant!.shape, rankOf(x)!, intOf(node, 'block_size', 0)]
  const given = intOf(node, 'axis', 1)
  const axis = given < 0 ? given + rank : given
  const size = shape[axis]
  const spread = s.constant!.shape
  if (size === undefined && elementCount(spread) !== 1) return refuse('there is no such axis')
  const zeros = z && zerosIn(z.constant!)
  const symmetric = (z === undefined && shiftOf[from] === 0) || zeros?.every(n => n === shiftOf[from])
  const scales = numbersOf(s)
  if (block === 0 && symmetric && scales?.every(n => n > 0) && (scales.length === 1 || scales.length === size)) {
    const grain = { scale: scales, zero: scales.map(() => 0), axis: scales.length === 1 ? 0 : axis }
    return realOf(b, withGrain(b.constant(signed(x.constant!, from, shape), x.name), grain))
  }
  if (block < 0 || (block !== 0 && (size === undefined || size % block !== 0))) return refuse('the last block is shorter')
  // by blocks: the axis becomes two, and the scales are for the first of them
  const [before, after] = [shape.slice(0, axis), shape.slice(axis + 1)]
  const parts = block === 0 ? shape : [...before, size! / block, block, ...after]
  const along = block !== 0 ? [...before, size! / block, 1, ...after] : elementCount(spread) === 1 ? [] : shape.map((d, i) => (i === axis ? d : 1))
  if (elementCount(along) !== elementCount(spread) || (z && elementCount(z.constant!.shape) !== elementCount(spread))) return refuse('scales and zero points do not fit')
  const zero = symmetric ? undefined : z ? zeroReals(z.constant!, from, along, elementCount(along)) : b.scalar(-shiftOf[from], 'float32').constant!
  const real = scaledReals(b, { integers: signed(x.constant!, from, parts), name: x.name, scale: reshapedTensor(s.constant!, along), zero })
  return block === 0 ? real : b.op('tflite::RESHAPE', [real, int32s(b, shape)])
})

/** Products with packed weights: the same, the weights of a unit beside each other. */
const product = onNode('matmul-nbits', 'com.microsoft::MatMulNBits', (node, b, refuse) => {
  const [x, w, s, z, groups, bias] = node.inputs as readonly (Value | undefined)[]
  const [inner, outer, block, bits] = [intOf(node, 'K', 0), intOf(node, 'N', 0), intOf(node, 'block_size', 0), intOf(node, 'bits', 4)] as const
  const blocks = inner / block
  if (groups || intOf(node, 'weight_prepacked', 0) !== 0 || !Number.isInteger(blocks)) return refuse('it is for whole blocks in order')
  if ((bits !== 4 && bits !== 8) || dtypeOf(x) !== 'float32' || dtypeOf(s) !== 'float32') return refuse('it is for float32 and weights of 4 or 8 bits')
  if (!w?.isConstant || !s?.isConstant || (z && !z.isConstant)) return refuse('the weights are not constant')
  if (elementCount(w.constant!.shape) !== (outer * inner * bits) / 8 || elementCount(s.constant!.shape) !== outer * blocks) return refuse('weights and scales do not fit N and K')
  const from = bits === 4 ? 'uint4' : 'uint8'
  const packed = deferredTensor(signedOf[from], [outer, blocks, block], [w.constant!], `signed-${from}-rows`, ([bytes]) => bytes!.map(n => n ^ (bits === 4 ? 0x88 : 0x80)))
  const scales = z ? undefined : numbersOf(s)
  let weights: Value
  if (blocks === 1 && scales?.every(n => n > 0)) {
    weights = realOf(b, withGrain(b.constant(reshapedTensor(packed, [outer, inner]), w.name), { scale: scales, zero: scales.map(() => 0), axis: 0 }))
  } else {
    const along = [outer, blocks, 1]
    const whole = z && dtypeOf(z) === 'float32'
    if (z && elementCount(z.constant!.shape) !== (whole ? outer * blocks : outer * Math.ceil((blocks * bits) / 8))) return refuse('the zero points do not fit N and K')
    if (whole) return refuse('zero points between the integers')
    const real = scaledReals(b, { integers: packed, name: w.name, scale: reshapedTensor(s.constant!, along), zero: z && zeroReals(z.constant!, from, along, blocks) })
    weights = b.op('tflite::RESHAPE', [real, int32s(b, [outer, inner])])
  }
  const rows = sizesOf(bias)?.length === 1 ? bias : undefined
  if (bias && !rows) return refuse('the bias is not one number for each unit')
  return b.op('tflite::FULLY_CONNECTED', [x, weights, ...(rows ? [rows] : [])], { keep_num_dims: (rankOf(x) ?? 3) > 2 || undefined })
})

export const packedRules: readonly Rule[] = [dequantize, product]
