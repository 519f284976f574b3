import { dtypeOf, intOf, numbersOf, permOf, rankOf, shapeOf, sizesOf } from '../../../src/passes/kit/values.ts'
import { lowerBound } from '../../../src/ir/dim.ts'
import type { Value } from '../../../src/ir/model.ts'
import { elementCount } from '../../../src/ir/types.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { elementsOf } from '../../../src/ops/infer.ts'
import { scalarTensor } from '../../../src/ops/scalar.ts'
import { asInt32, castTo, int32s, numbersIn, onNode, reshapeTo, runtimeShape, transposed } from './kit.ts'

/** A shape that is made while the model runs, with ONNX's 0 for "as it was" worked in. */
function openTarget(b: Builder, x: Value, target: Value, zeros: boolean): Value | undefined {
  const elements = elementsOf(target)
  if (!zeros || (elements && !elements.includes(0))) return asInt32(b, target)
  const shape = runtimeShape(b, x)
  const [count, rank] = [shapeOf(target)?.[0], rankOf(x)]
  if (!elements || elements.some(d => typeof d !== 'number')) {
    if (typeof count !== 'number' || rank === undefined) return undefined
    const sizes = count < rank ? b.op('tflite::SLICE', [shape, int32s(b, [0]), int32s(b, [count])]) : count > rank ? b.op('tflite::PAD', [shape, int32s(b, [0, count - rank], [1, 2])]) : shape
    const given = asInt32(b, target)
    return b.op('tflite::SELECT_V2', [b.op('tflite::EQUAL', [given, b.scalar(0, 'int32')]), sizes, given])
  }
  const parts = elements.map((d, i) => (d === 0 ? b.op('tflite::STRIDED_SLICE', [shape, int32s(b, [i]), int32s(b, [i + 1]), int32s(b, [1])]) : int32s(b, [d as number])))
  return b.op('tflite::CONCATENATION', parts, { axis: 0 })
}

const reshape = onNode('reshape', 'Reshape', (node, b, refuse) => {
  const [x, target] = node.inputs as [Value, Value]
  const known = shapeOf(node.outputs[0])
  const fixed = known && reshapeTo(b, x, known)
  if (fixed) return fixed
  const shape = openTarget(b, x, target, intOf(node, 'allowzero', 0) === 0)
  return shape ? b.op('tflite::RESHAPE', [x, shape]) : refuse('the shape is not known')
})

/** Axes of size 1 come and go. */
const flatten = onNode('flatten', ['Flatten', 'Squeeze', 'Unsqueeze'], (node, b, refuse) => {
  const x = node.inputs[0]!
  const known = shapeOf(node.outputs[0])
  const fixed = known && reshapeTo(b, x, known)
  if (fixed) return fixed
  const axes = numbersIn(node.inputs[1])
  const rank = rankOf(x)
  if (rank === undefined || node.op === 'Flatten' || (axes === undefined && node.inputs[1])) return refuse('the shape is not known')
  if (node.op === 'Squeeze') {
    const gone = axes ?? shapeOf(x)!.flatMap((d, i) => (d === 1 ? [i] : []))
    return gone.length === 0 ? refuse('axes of size 1 are not known') : b.op('tflite::SQUEEZE', [x], { squeeze_dims: gone.map(a => (a < 0 ? a + rank : a)) })
  }
  const full = rank + axes!.length
  return axes!.map(a => (a < 0 ? a + full : a)).sort((p, q) => p - q).reduce<Value>((v, a) => b.op('tflite::EXPAND_DIMS', [v, int32s(b, [a], [])]), x)
})

/** Where only axes of size 1 move, the elements stay in place. */
const transpose = onNode('transpose', 'Transpose', (node, b, refuse) => {
  const x = node.inputs[0]!
  const shape = shapeOf(x)
  if (shape === undefined) return refuse('the rank is not known')
  const perm = permOf(node, shape.length)
  const moved = perm.filter(p => shape[p] !== 1)
  if (moved.every((p, i) => i === 0 || p > moved[i - 1]!)) {
    const fixed = reshapeTo(b, x, perm.map(p => shape[p]!))
    if (fixed) return fixed
  }
  return transposed(b, x, perm)
})

/** XNNPACK's CONCATENATION has no more axes, and the runtime gives up on the file with it. */
const mostJoined = 6

const concat = onNode('concat', 'Concat', (node, b, refuse) => {
  const rank = node.inputs.map(rankOf).find(r => r !== undefined)
  if (rank === undefined) return refuse('the rank is not known')
  const given = intOf(node, 'axis', 0)
  const axis = given < 0 ? given + rank : given
  const [sizes, made] = [node.inputs.map(v => sizesOf(v)), sizesOf(node.outputs[0])]
  if (rank <= mostJoined || made === undefined || !sizes.every(s => s !== undefined)) return b.op('tflite::CONCATENATION', node.inputs, { axis })
  const rows = elementCount(made.slice(0, axis))
  const flat = node.inputs.map((v, i) => reshapeTo(b, v!, [rows, elementCount(sizes[i]!.slice(axis))])!)
  return reshapeTo(b, b.op('tflite::CONCATENATION', flat, { axis: 1 }), made) ?? refuse('the sizes are not known')
})

const split = onNode('split', 'Split', (node, b, refuse) => {
  const x = node.inputs[0]!
  const shape = shapeOf(x)
  if (shape === undefined) return refuse('the rank is not known')
  const given = intOf(node, 'axis', 0)
  const axis = given < 0 ? given + shape.length : given
  const count = node.outputs.length
  const total = shape[axis]!
  const sizes = node.inputs[1] ? numbersIn(node.inputs[1]) : typeof total === 'number' ? Array.from({ length: count }, (_, i) => Math.max(0, Math.min(Math.ceil(total / count), total - i * Math.ceil(total / count)))) : undefined
  if (sizes === undefined && node.inputs[1]) return b.ops('tflite::SPLIT_V', [x, asInt32(b, node.inputs[1]), int32s(b, [axis], [])], count, { num_splits: count })
  if (sizes === undefined) return refuse('the sizes of the parts are not known')
  if (sizes.every(s => s === sizes[0])) return b.ops('tflite::SPLIT', [int32s(b, [axis], []), x], count, { num_splits: count })
  return b.ops('tflite::SPLIT_V', [x, int32s(b, sizes), int32s(b, [axis], [])], count, { num_splits: count })
})

/** Broadcasting goes both ways, BROADCAST_TO's one; the shape that comes out is what it is given. */
const expand = onNode('expand', 'Expand', (node, b, refuse) => {
  const x = node.inputs[0]!
  const out = sizesOf(node.outputs[0])
  if (out) return b.op('tflite::BROADCAST_TO', [x, int32s(b, out)])
  const dtype = dtypeOf(x)
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'int64') return refuse('a shape that is not known is reached by a product, which takes numbers')
  const ones = b.op('tflite::FILL', [asInt32(b, node.inputs[1]!), b.constant(scalarTensor(dtype, 1))])
  return b.op('tflite::MUL', [x, ones])
})

const tile = onNode('tile', 'Tile', (node, b) => b.op('tflite::TILE', [node.inputs[0], asInt32(b, node.inputs[1]!)]))

const shape = onNode('shape', 'Shape', (node, b, refuse) => {
  const rank = rankOf(node.inputs[0])
  if (rank === undefined) return refuse('the rank is not known')
  const place = (n: number) => Math.min(rank, Math.max(0, n < 0 ? n + rank : n))
  const [start, end] = [place(intOf(node, 'start', 0)), place(intOf(node, 'end', rank))]
  const whole = b.op('tflite::SHAPE', [node.inputs[0]], { out_type: dtypeOf(node.outputs[0]) === 'int64' ? 'INT64' : 'INT32' })
  return start === 0 && end === rank ? whole : b.op('tflite::SLICE', [whole, int32s(b, [start]), int32s(b, [Math.max(0, end - start)])])
})

const size = onNode('size', 'Size', (node, b, refuse) => {
  const rank = rankOf(node.inputs[0])
  if (rank === undefined || rank === 0) return refuse('the rank is not known')
  return castTo(b, b.op('tflite::REDUCE_PROD', [runtimeShape(b, node.inputs[0]!), int32s(b, [0])]), dtypeOf(node.outputs[0]) ?? 'int64')
})

/** The runtime has no empty ranges that run away from their limit: the limit is brought to the start. */
const range = onNode('range', 'Range', (node, b, refuse) => {
  const dtype = dtypeOf(node.inputs[2])
  if (dtype === undefined) return refuse('the element type is not known')
  const [start, limit, delta] = node.inputs.map(v => ((rankOf(v) ?? 0) > 0 ? b.op('tflite::SQUEEZE', [v]) : v)) as [Value, Value, Value]
  const [from, to] = [start, limit].map(v => elementsOf(v)?.[0])
  const step = numbersOf(delta)?.[0]
  const [most, least] = [() => b.op('tflite::MAXIMUM', [limit, start]), () => b.op('tflite::MINIMUM', [limit, start])]
  if (step === undefined) return b.op('tflite::RANGE', [start, b.op('tflite::SELECT_V2', [b.op('tflite::LESS', [delta, b.scalar(0, dtype)]), least(), most()]), delta])
  const sure = from === 0 && to !== undefined && step > 0 && lowerBound(to) >= 0
  return b.op('tflite::RANGE', [start, sure ? limit : step > 0 ? most() : least(), delta])
})

const constantOfShape = onNode('constant-of-shape', 'ConstantOfShape', (node, b) => {
  const value = node.attributes['value']
  const dtype = dtypeOf(node.outputs[0]) ?? 'float32'
  const element = value?.type === 'tensor' ? value.value : undefined
  const scalar = element ? castConstant(b, element, dtype) : b.scalar(0, dtype)
  return b.op('tflite::FILL', [asInt32(b, node.inputs[0]!), scalar])
})

/** One element as a constant without axes; what was narrowed holds a number that fits. */
function castConstant(b: Builder, element: { readonly dtype: string; peek(): Uint8Array | undefined }, dtype: Parameters<typeof scalarTensor>[0]): Value {
  const bytes = element.peek()!
  if (element.dtype === dtype) return b.bytes(dtype, [], bytes.slice())
  return b.scalar(new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true), dtype)
}

export const shapeRules = [reshape, flatten, transpose, concat, split, expand, tile, shape, size, range, constantOfShape]
