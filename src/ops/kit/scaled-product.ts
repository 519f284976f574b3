import type { DType } from '../../ir/dtype.ts'
import type { Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import { dtypeOf } from './algebra.ts'
import { numberOfDType } from './datatype.ts'
import { sizeOf } from './normalize.ts'
import { reshapeTo, sizeValue } from './reshape-to.ts'

/** The least number of a float dtype. */
const lowest: Partial<Record<DType, number>> = { float16: -65504, bfloat16: -3.3895313892515355e38, float32: -3.4028234663852886e38, float64: -Number.MAX_VALUE }

/** [batch, length, heads * size] as [batch, heads, length, size]. */
export function splitHeads(b: Builder, x: Value, heads: number): Value {
  const width = sizeOf(x, 2)
  const parted = b.op('Reshape', [x, b.ints([0, 0, heads, width === undefined ? -1 : width / heads])])
  return b.op('Transpose', [parted], { perm: [0, 2, 1, 3] })
}

/** The inverse of `splitHeads`. */
export function joinHeads(b: Builder, x: Value): Value {
  const [heads, size] = [sizeOf(x, 1), sizeOf(x, 3)]
  return b.op('Reshape', [b.op('Transpose', [x], { perm: [0, 2, 1, 3] }), b.ints([0, 0, heads === undefined || size === undefined ? -1 : heads * size])])
}

/** 0, 1 ... as many as the axis of a value has, int64. */
export const places = (b: Builder, value: Value, axis: number): Value => b.op('Range', [b.int(0), sizeValue(b, [value, axis]), b.int(1)])

/** A scaled dot-product attention, its operands with heads of their own: [batch, heads, length, size]. */
export interface Product {
  /** How many heads queries have, and keys and values, which may be fewer: each serves as many in a row. */
  readonly heads: readonly [queries: number, keys: number]
  readonly q: Value
  readonly k: Value
  readonly v: Value
  /** Of the product; 1 / sqrt(size) unless given. */
  readonly scale?: number | undefined
  /** The product is cap * tanh(product / cap) before anything is added; 0 is none. */
  readonly cap?: number
  /** Added to the product, broadcast to [batch, heads, rows, columns]. */
  readonly added?: readonly (Value | undefined)[]
  /** Bools, broadcast likewise: what is false is not seen at all. */
  readonly seen?: Value | undefined
  /** Logits for nothing, one for each head: the shares of a row then add up to less than 1. */
  readonly sink?: Value | undefined
}

/** Outcome of an attention: [batch, heads, rows, size of values]; the logits, the least number where nothing is seen; and the shares. */
export interface Attended {
  readonly y: Value
  readonly logits: Value
  readonly shares: Value
}

/** softmax(q k^T * scale + added) v in simpler operators (Vaswani and others, Attention Is All You Need, 3.2.1). Undefined when sizes that must be known are not. */
export function attend(b: Builder, { heads: [heads, served], q, k, v, scale, cap = 0, added = [], seen, sink }: Product): Attended | undefined {
  const dtype = dtypeOf(q)
  const size = sizeOf(q, 3)
  if (dtype === undefined || (size === undefined && scale === undefined)) return undefined
  const share = heads / served
  if (!Number.isInteger(share)) return undefined
  const rows = sizeOf(q, 2)
  const gathered = (x: Value): Value => (share === 1 ? x : reshapeTo(b, x, [[x, 0], served, rows === undefined ? -1 : share * rows, [x, 3]]))
  const spread = (x: Value, last: readonly [Value, number]): Value => (share === 1 ? x : reshapeTo(b, x, [[q, 0], heads, [q, 2], last]))
  const scaled = b.op('Mul', [q, b.scalar(scale ?? 1 / Math.sqrt(size!), dtype)])
  const product = spread(b.op('MatMul', [gathered(scaled), b.op('Transpose', [k], { perm: [0, 1, 3, 2] })]), [k, 2])
  const capped = cap === 0 ? product : b.op('Mul', [b.op('Tanh', [b.op('Div', [product, b.scalar(cap, dtype)])]), b.scalar(cap, dtype)])
  const logits = added.reduce<Value>((sum, x) => (x ? b.op('Add', [sum, x]) : sum), capped)
  const shown = seen ? b.op('Where', [seen, logits, b.scalar(lowest[dtype]!, dtype)]) : logits
  const shares = sink ? withSink(b, shown, sink, heads) : b.op('Softmax', [shown], { axis: -1 })
  return { y: spread(b.op('MatMul', [gathered(shares), v]), [v, 3]), logits: shown, shares }
}

/** Softmax with one more column, which is left out again. */
function withSink(b: Builder, logits: Value, sink: Value, heads: number): Value {
  const column = b.op('Expand', [b.op('Reshape', [sink, b.ints([1, sizeOf(sink, 0) === 1 ? 1 : heads, 1, 1])]), b.op('Shape', [b.op('Slice', [logits, b.ints([0]), b.ints([1]), b.ints([3])])])])
  const all = b.op('Softmax', [b.op('Concat', [logits, column], { axis: -1 })], { axis: -1 })
  return b.op('Slice', [all, b.ints([0]), b.ints([-1]), b.ints([3])])
}

/** What a row may see of the columns: those up to its own place, `before` columns being ahead of the first row. [rows, columns]. */
export function causal(b: Builder, rows: readonly [Value, number], columns: readonly [Value, number], before: Value): Value {
  const own = b.op('Add', [places(b, ...rows), before])
  return b.op('LessOrEqual', [b.op('Unsqueeze', [places(b, ...columns), b.ints([0])]), b.op('Unsqueeze', [own, b.ints([1])])])
}

/** 0 where a condition holds and `otherwise` elsewhere. */
export const openWhere = (b: Builder, condition: Value, otherwise: number, dtype: DType): Value => b.op('Where', [condition, b.scalar(0, dtype), b.scalar(otherwise, dtype)])

/** A value as int64. */
export const asInt64 = (b: Builder, x: Value): Value => (dtypeOf(x) === 'int64' ? x : b.op('Cast', [x], { to: numberOfDType('int64') }))
