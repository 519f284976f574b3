import { dimEquals } from '../../ir/dim.ts'
import { kindOf } from '../../ir/dtype.ts'
import type { Node, Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import { dtypeOf, nodeAttributes, shapeOf } from './algebra.ts'
import { dtypeOfNumber, numberOfDType } from './datatype.ts'
import { sizeOf } from './normalize.ts'
import { reshapeTo } from './reshape-to.ts'
import { asInt64, joinHeads, places, splitHeads } from './scaled-product.ts'

/** Bools, broadcast to [batch, heads, rows, columns]: what a row sees of the columns. Undefined when it sees all. */
function visible(b: Builder, node: Node, q: Value, keys: Value): Value | undefined {
  const attributes = nodeAttributes(node)
  const [past, count] = [node.inputs[4], node.inputs[6] && asInt64(b, node.inputs[6])]
  const limits = [attributes.int('is_causal', 0) === 1 ? 0 : -1, attributes.int('left_window_size', -1), attributes.int('right_window_size', -1)]
  const counts = count && reshapeTo(b, count, [-1, 1, 1, 1])
  const columns = places(b, keys, 2)
  const seen = counts ? [b.op('Less', [columns, counts])] : []
  if (limits.some(n => n >= 0)) {
    const rows = b.op('Unsqueeze', [places(b, q, 2), b.ints([1])])
    const before = past ? b.op('Gather', [b.op('Shape', [past]), b.int(2)]) : counts && b.op('Sub', [counts, b.op('Gather', [b.op('Shape', [q]), b.int(2)])])
    const ahead = b.op('Sub', [columns, before ? b.op('Add', [rows, before]) : rows])
    const [causal, left, right] = limits as [number, number, number]
    if (causal >= 0) seen.push(b.op('LessOrEqual', [ahead, b.int(0)]))
    if (left >= 0) seen.push(b.op('GreaterOrEqual', [ahead, b.int(-left)]))
    if (right >= 0) seen.push(b.op('LessOrEqual', [ahead, b.int(right)]))
  }
  return seen.length === 0 ? undefined : seen.reduce((x, y) => b.op('And', [x, y]))
}

/** The mask as numbers to add, as wide as the columns are; null when its width can't be compared with theirs. */
function maskOf(b: Builder, mask: Value | undefined, keys: Value, dtype: NonNullable<ReturnType<typeof dtypeOf>>): Value | undefined | null {
  if (!mask) return undefined
  const [width, columns] = [shapeOf(mask)?.at(-1), shapeOf(keys)?.[2]]
  if (width === undefined || columns === undefined) return null
  const none = b.scalar(-Infinity, dtype)
  const added = dtypeOf(mask) === 'bool' ? b.op('Where', [mask, b.scalar(0, dtype), none]) : dtypeOf(mask) === dtype ? mask : b.op('Cast', [mask], { to: numberOfDType(dtype) })
  if (dimEquals(width, columns)) return added
  if (typeof width !== 'number' || typeof columns !== 'number' || width > columns) return null
  const rank = shapeOf(mask)!.length
  return b.op('Pad', [added, b.ints([...Array.from({ length: 2 * rank - 1 }, () => 0), columns - width]), none])
}

/** Attention (ONNX) in simpler operators; undefined when sizes that must be known are not. */
export function decomposeAttention(b: Builder, node: Node): readonly (Value | undefined)[] | undefined {
  const attributes = nodeAttributes(node)
  const dtype = dtypeOf(node.inputs[0])
  const headed = ([0, 1, 2] as const).map(i => {
    const [x, heads] = [node.inputs[i]!, attributes.int(i === 0 ? 'q_num_heads' : 'kv_num_heads')]
    return shapeOf(x)?.length === 4 ? x : shapeOf(x)?.length === 3 && heads ? splitHeads(b, x, heads) : undefined
  })
  const [q, k, v] = headed
  if (!q || !k || !v || dtype === undefined || kindOf(dtype) !== 'float') return undefined
  const [size, heads, served] = [sizeOf(q, 3), sizeOf(q, 1), sizeOf(k, 1)]
  const scale = attributes.float('scale') ?? (size === undefined ? undefined : 1 / Math.sqrt(size))
  if (scale === undefined || heads === undefined || served === undefined) return undefined
  const [keys, values] = [[node.inputs[4], k], [node.inputs[5], v]].map(([past, now]) => (past ? b.op('Concat', [past, now], { axis: 2 }) : now!)) as [Value, Value]
  const added = maskOf(b, node.inputs[3], keys, dtype)
  if (added === null) return undefined
  const cast = (x: Value, to: number | undefined): Value => (to === undefined || dtypeOfNumber(to) === dtypeOf(x) ? x : b.op('Cast', [x], { to }))

  // every head of keys and values serves as many heads of queries in a row
  const gathered = (x: Value): Value => (heads === served ? x : reshapeTo(b, x, [[x, 0], served, -1, [x, 3]]))
  const spread = (x: Value, last: readonly [Value, number]): Value => (heads === served ? x : reshapeTo(b, x, [[q, 0], heads, [q, 2], last]))
  const scaled = (x: Value): Value => b.op('Mul', [x, b.scalar(Math.sqrt(scale), dtype)])
  const raw = spread(b.op('MatMul', [gathered(scaled(q)), b.op('Transpose', [scaled(keys)], { perm: [0, 1, 3, 2] })]), [keys, 2])
  const cap = attributes.float('softcap', 0)
  const capped = cap > 0 ? b.op('Mul', [b.op('Tanh', [b.op('Div', [raw, b.scalar(cap, dtype)])]), b.scalar(cap, dtype)]) : raw
  const seen = visible(b, node, q, keys)
  const bias = seen ? b.op('Where', [seen, added ?? b.scalar(0, dtype), b.scalar(-Infinity, dtype)]) : added
  const biased = bias ? b.op('Add', [capped, bias]) : capped
  const shares = cast(b.op('Softmax', [cast(biased, attributes.int('softmax_precision'))], { axis: -1 }), numberOfDType(dtype))
  // a row that sees nothing gets nothing
  const blind = bias && b.op('Equal', [b.op('ReduceMax', [bias, b.ints([-1])]), b.scalar(-Infinity, dtype)])
  const known = blind ? b.op('Where', [blind, b.scalar(0, dtype), shares]) : shares
  const mixed = spread(b.op('MatMul', [gathered(known), values]), [values, 3])
  const y = shapeOf(node.inputs[0])?.length === 3 ? joinHeads(b, mixed) : mixed
  return [y, keys, values, [raw, capped, biased, known][attributes.int('qk_matmul_output_mode', 0)]].map((value, o) => (node.outputs[o] ? value : undefined)).slice(0, node.outputs.length)
}
