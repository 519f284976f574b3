import type { Buffer, Expr } from '../../expr/expr.ts'
import { constant, read, reduce, select, stage, sum } from '../../expr/expr.ts'
import type { DType } from '../../ir/dtype.ts'
import type { ComputeContext } from '../operator.ts'
import { rowSums } from './softmax.ts'
import { numberToBfloat16, numberToHalf } from '../scalar.ts'
import { bfloat16ToNumber, halfToNumber } from '../../ir/tensor.ts'

/** Heads, lengths and sizes of an attention. */
export interface Heads {
  readonly batch: number
  readonly query: number
  readonly key: number
  readonly rows: number
  readonly columns: number
  /** Columns that come from the cache. */
  readonly past: number
  readonly size: number
  readonly valueSize: number
}

/** Reads [batch, length, heads * size] or [batch, heads, length, size] at the latter's indices. */
const readHeads = (x: Buffer, size: number, b: Expr, h: Expr, i: Expr, d: Expr): Expr =>
  x.shape.length === 4 ? read(x, [b, h, i, d]) : read(x, [b, i, h.mul(size).add(d)])

/** The cache and what is new behind it: [batch, key heads, columns, size]. */
export function present(x: Buffer, past: Buffer | undefined, heads: Heads, size: number): Buffer {
  return stage([heads.batch, heads.key, heads.columns, size], x.dtype, (b, h, j, d) => {
    const now = readHeads(x, size, b!, h!, j!.sub(heads.past), d!)
    return past ? select(j!.lt(heads.past), read(past, [b!, h!, j!, d!]), now) : now
  })
}

/** A number as a dtype holds it. */
function held(value: number, dtype: DType): number {
  if (dtype === 'float16') return halfToNumber(numberToHalf(value))
  if (dtype === 'bfloat16') return bfloat16ToNumber(numberToBfloat16(value))
  return dtype === 'float32' ? Math.fround(value) : value
}

/** The scaled products of queries and keys: [batch, query heads, rows, columns]. */
export function products(k: ComputeContext, heads: Heads, keys: Buffer): Buffer {
  const q = k.input(0)
  const dtype = q.dtype
  const factor = held(Math.sqrt(k.attributes.float('scale', 1 / Math.sqrt(heads.size))), dtype)
  const share = heads.query / heads.key
  // half types round the scaled operands
  const [left, right] = [
    stage([heads.batch, heads.query, heads.rows, heads.size], dtype, (b, h, i, d) => readHeads(q, heads.size, b!, h!, i!, d!).mul(factor)),
    stage(keys.shape, dtype, (...i) => read(keys, i).mul(factor)),
  ]
  return stage([heads.batch, heads.query, heads.rows, heads.columns], dtype, (b, h, i, j) =>
    sum([heads.size], d => read(left, [b!, h!, i!, d!]).mul(read(right, [b!, share === 1 ? h! : h!.floordiv(share), j!, d!]))),
  )
}

/** What is added to the product of a row and a column: the mask, and -inf where the row must not see the column. */
export function bias(k: ComputeContext, heads: Heads): Buffer {
  const mask = k.has(3) ? k.input(3) : undefined
  const valid = k.has(6) ? k.input(6) : undefined
  const causal = k.attributes.int('is_causal', 0) === 1
  const [before, after] = [k.attributes.int('left_window_size', -1), k.attributes.int('right_window_size', -1)]
  return stage([heads.batch, heads.query, heads.rows, heads.columns], 'float32', (b, h, i, j) => {
    const index = [b!, h!, i!, j!]
    const count = valid ? read(valid, [b!]).to('int') : undefined
    const place = i!.add(count && heads.past === 0 ? count.sub(heads.rows) : constant(heads.past, 'int'))
    let seen: Expr = constant(true, 'bool')
    if (causal) seen = seen.and(j!.le(place))
    if (before >= 0) seen = seen.and(place.sub(j!).le(before))
    if (after >= 0) seen = seen.and(j!.sub(place).le(after))
    if (count) seen = seen.and(j!.lt(count))
    const none = constant(-Infinity, 'float')
    const free = constant(0, 'float')
    if (mask === undefined) return select(seen, free, none)
    const rank = mask.shape.length
    const at = read(mask, mask.shape.map((n, d) => (n === 1 && d < rank - 1 ? 0 : index[d + 4 - rank]!)))
    const added = mask.dtype === 'bool' ? select(at, free, none) : at.to('float')
    return select(mask.shape[rank - 1]! < heads.columns ? seen.and(j!.lt(mask.shape[rank - 1]!)) : seen, added, none)
  })
}

/** Softmax over columns in a precision; a row that may see nothing gives zeros. */
export function probabilities(logits: Buffer, added: Buffer, precision: DType): Buffer {
  const [, , , columns] = logits.shape as [number, number, number, number]
  const rows = logits.shape.slice(0, 3)
  const most = stage(rows, precision, (...i) => reduce('max', [columns], j => read(logits, [...i, j!])))
  const open = stage(rows, 'float32', (...i) => reduce('max', [columns], j => read(added, [...i, j!])))
  const below = stage(logits.shape, precision, (...i) => read(logits, i).sub(read(most, i.slice(0, 3)).to(read(logits, i).type)))
  const powers = stage(logits.shape, precision, (...i) => read(below, i).apply('exp'))
  const total = rowSums(powers, 3)
  return stage(logits.shape, precision, (...i) => {
    const row = i.slice(0, 3)
    const share = read(powers, i).div(read(total, [...row, constant(0, 'int')]))
    return select(read(open, row).eq(-Infinity), constant(0, share.type), share)
  })
}
