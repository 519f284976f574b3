import { elementCount } from '../../../src/ir/types.ts'
import type { Node, Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { dtypeOf, intOf, rankOf, shapeOf, sizesOf } from '../../../src/passes/kit/values.ts'
import type { Dim } from '../../../src/ir/dim.ts'
import { mulDims } from '../../../src/ir/dim.ts'
import { asInt32, castTo, int32s, numbersIn, onNode, reshapeTo, transposed } from './kit.ts'

const names: Readonly<Record<string, string>> = { ReduceMean: 'MEAN', ReduceSum: 'SUM', ReduceMax: 'REDUCE_MAX', ReduceMin: 'REDUCE_MIN', ReduceProd: 'REDUCE_PROD' }

const reduce = onNode('reduce', Object.keys(names), (node, b, refuse) => {
  const x = node.inputs[0]!
  const rank = rankOf(x)
  const given = node.inputs[1] && shapeOf(node.inputs[1])?.[0] !== 0 ? numbersIn(node.inputs[1]) : []
  if (rank === undefined) return refuse('the rank is not known')
  if (node.op === 'ReduceMean' && dtypeOf(x) !== 'float32') return refuse('means of integers are rounded otherwise')
  if (dtypeOf(x) === 'float32' && shapeOf(x)!.includes(0) && (node.op === 'ReduceMax' || node.op === 'ReduceMin')) return nothing(b, node) ?? refuse('it reduces nothing')
  const flags = dtypeOf(x) === 'bool'
  const op = `tflite::${flags ? (node.op === 'ReduceMax' ? 'REDUCE_ANY' : 'REDUCE_ALL') : names[node.op]}`
  const keep = intOf(node, 'keepdims', 1) === 1
  if (given === undefined) {
    const count = shapeOf(node.inputs[1])?.[0]
    return typeof count === 'number' && count > 0 ? b.op(op, [x, asInt32(b, node.inputs[1]!)], { keep_dims: keep || undefined }) : refuse('how many axes there are is not known')
  }
  if (given.length === 0 && intOf(node, 'noop_with_empty_axes', 0) === 1) return x
  const axes = given.length === 0 ? Array.from({ length: rank }, (_, i) => i) : given.map(a => (a < 0 ? a + rank : a))
  if (axes.length === 0) return x
  return b.op(op, [x, int32s(b, axes.sort((p, q) => p - q))], { keep_dims: keep || undefined })
})

/** The greatest or the least of no floats; the runtime takes the type's last number. */
function nothing(b: Builder, node: Node): Value | undefined {
  const shape = sizesOf(node.outputs[0])
  if (shape === undefined) return undefined
  return b.op('tflite::FILL', [int32s(b, shape), b.scalar(node.op === 'ReduceMax' ? -Infinity : Infinity, 'float32')])
}

const arg = onNode('arg', ['ArgMax', 'ArgMin'], (node, b, refuse) => {
  const x = node.inputs[0]!
  const rank = rankOf(x)
  if (rank === undefined || rank === 0) return refuse('the rank is not known')
  const given = intOf(node, 'axis', 0)
  const axis = given < 0 ? given + rank : given
  const last = intOf(node, 'select_last_index', 0) === 1
  const size = shapeOf(x)![axis]
  if (last && typeof size !== 'number') return refuse('the last of equal elements on an axis of unknown size')
  const narrow = dtypeOf(node.outputs[0]) === 'int32'
  const data = last ? b.op('tflite::REVERSE_V2', [x, int32s(b, [axis])]) : x
  const first = b.op(node.op === 'ArgMax' ? 'tflite::ARG_MAX' : 'tflite::ARG_MIN', [data, int32s(b, [axis], [])], { output_type: narrow ? 'INT32' : 'INT64' })
  const y = last ? b.op('tflite::SUB', [b.scalar((size as number) - 1, narrow ? 'int32' : 'int64'), first]) : first
  return intOf(node, 'keepdims', 1) === 1 ? b.op('tflite::EXPAND_DIMS', [y, int32s(b, [axis], [])]) : y
})

/** One axis for several. */
const productOf = (shape: readonly Dim[]): readonly Dim[] => [shape.reduce((n, d) => mulDims(n, d), 1)]

/** Over the last axis; another is brought there. */
const softmax = onNode('softmax', ['Softmax', 'LogSoftmax'], (node, b, refuse) => {
  const x = node.inputs[0]!
  const shape = shapeOf(x)
  if (shape === undefined) return refuse('the rank is not known')
  const rank = shape.length
  const given = intOf(node, 'axis', -1)
  const axis = given < 0 ? given + rank : given
  const kind = node.op === 'Softmax' ? 'tflite::SOFTMAX' : 'tflite::LOG_SOFTMAX'
  const scale = node.op === 'Softmax' ? { beta: { type: 'float' as const, value: 1 } } : {}
  const sizes = sizesOf(x)
  if (sizes && rank > 4 && axis !== rank - 1) {
    // more axes than TRANSPOSE turns: three do
    const three = b.op('tflite::RESHAPE', [x, int32s(b, [elementCount(sizes.slice(0, axis)), sizes[axis]!, elementCount(sizes.slice(axis + 1))])])
    return b.op('tflite::RESHAPE', [transposed(b, b.op(kind, [transposed(b, three, [0, 2, 1])], scale), [0, 2, 1]), int32s(b, sizes)])
  }
  const order = Array.from({ length: rank }, (_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i))
  const turned = transposed(b, x, order)
  // rows are all that matters: leading axes beyond what the kernel takes become one
  const shape4 = rank > 4 ? order.map(i => shape[i]!) : undefined
  const data = shape4 ? reshapeTo(b, turned, [...productOf(shape4.slice(0, -1)), shape4.at(-1)!]) : turned
  if (data === undefined) return refuse('more than four axes of sizes that are not known')
  const rows = b.op(kind, [data], scale)
  const y = shape4 ? reshapeTo(b, rows, shape4) : rows
  return y ? transposed(b, y, order) : refuse('more than four axes of sizes that are not known')
})

const cumSum = onNode('cumsum', 'CumSum', (node, b, refuse) => {
  const known = numbersIn(node.inputs[1])
  const given = asInt32(b, node.inputs[1]!)
  const axis = known ? int32s(b, [known[0]!], []) : rankOf(given) === 0 ? given : b.op('tflite::SQUEEZE', [given])
  if (rankOf(given) === undefined) return refuse('the rank of the axis is not known')
  return b.op('tflite::CUMSUM', [node.inputs[0], axis], { exclusive: intOf(node, 'exclusive', 0) || undefined, reverse: intOf(node, 'reverse', 0) || undefined })
})

const topK = onNode('topk', 'TopK', (node, b, refuse) => {
  const [x, count] = node.inputs
  const rank = rankOf(x)
  const k = numbersIn(count)
  const given = intOf(node, 'axis', -1)
  const dtype = dtypeOf(x)
  if (rank === undefined || dtype === undefined) return refuse('the rank is not known')
  const axis = given < 0 ? given + rank : given
  const order = Array.from({ length: rank }, (_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i))
  const least = intOf(node, 'largest', 1) !== 1
  if (least && !['float32', 'int32', 'int64'].includes(dtype)) return refuse(`it takes the greatest of ${dtype}`)
  // -x, or for integers -1 - x, which no integer lacks, has the order turned round
  const turned = (v: Value): Value => (!least ? v : dtype === 'float32' ? b.op('tflite::NEG', [v]) : b.op('tflite::SUB', [b.scalar(-1, dtype), v]))
  const most = k ? int32s(b, [k[0]!], []) : b.op('tflite::SQUEEZE', [asInt32(b, count!)])
  const [values, indices] = b.ops('tflite::TOPK_V2', [turned(transposed(b, x!, order)), most], 2) as [Value, Value]
  return [transposed(b, turned(values), order), castTo(b, transposed(b, indices, order), dtypeOf(node.outputs[1]) ?? 'int64')]
})

export const reduceRules = [reduce, arg, softmax, cumSum, topK]
