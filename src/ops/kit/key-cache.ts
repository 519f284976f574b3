import type { Value } from '../../ir/model.ts'
import { peekNumbers } from '../../ir/tensor.ts'
import type { Builder } from '../builder.ts'
import { dtypeOf, shapeOf } from './algebra.ts'
import { sizeOf } from './normalize.ts'
import type { SizeOf } from './reshape-to.ts'
import { sizeValue } from './reshape-to.ts'
import { asInt64 } from './scaled-product.ts'

/** What tells where the tokens at hand stand in a cache of keys. */
export interface Tokens {
  readonly rows: readonly [Value, number]
  readonly batch: readonly [Value, number]
  /** The cache: [batch, heads, columns, size]. */
  readonly past: Value | undefined
  /** For each sequence, how many tokens it has less one, those at hand included. */
  readonly lengths: Value
  /** The most tokens of a sequence. When it is the number of rows, nothing of the cache is valid. */
  readonly total: Value
}

/** Places in a cache that grows, one row for each sequence of the batch; all int64. */
export interface Placing {
  /** 0, 1 ... over the columns of the cache as it leaves: [1, columns]. */
  readonly columns: Value
  readonly rows: Value
  /** Tokens in the cache before: [batch, 1]. */
  readonly before: Value
  readonly tokens: Tokens
  /** [batch, rows]: where the tokens stand; those given count, of which a first prompt heeds the first only. */
  positions(given: Value | undefined): Value
  /** Which columns a row sees: [batch, 1, rows, columns]. A window of 1 is the row's own column; below that there is none. */
  seen(causal: boolean, window: number): Value
  /** Something of fewer columns, [any, any, any, columns], filled up with its last column: none of those is seen. */
  widened(x: Value): Value
}

/** Works out where tokens stand in a cache, in simpler operators. */
export function placing(b: Builder, tokens: Tokens): Placing {
  const { lengths, past, total, rows: rowsOf } = tokens
  const scalar = (x: Value): Value => (shapeOf(x)?.length === 0 ? asInt64(b, x) : b.op('Reshape', [asInt64(b, x), b.ints([])]))
  const known = total.isConstant ? peekNumbers(total.constant)?.[0] : (total.elements?.[0] as number | undefined)
  const fixed = typeof known === 'number' ? known : undefined
  const all = fixed === undefined ? scalar(total) : b.int(fixed)
  const [rowCount, pastCount] = [sizeOf(rowsOf[0], rowsOf[1]), past ? sizeOf(past, 2) : 0]
  const rows = sizeValue(b, rowsOf)
  const count = fixed !== undefined && pastCount !== undefined ? b.int(Math.max(fixed, pastCount)) : past ? b.op('Max', [all, sizeValue(b, [past, 2])]) : all
  const range = (n: Value): Value => b.op('Unsqueeze', [b.op('Range', [b.int(0), n, b.int(1)]), b.ints([0])])
  const own = range(rows)
  const columns = range(count)
  const ends = b.op('Add', [b.op('Reshape', [asInt64(b, lengths), b.ints([-1, 1])]), b.int(1)])
  const prompt = fixed === undefined || rowCount === undefined ? undefined : fixed === rowCount
  const none = b.op('Mul', [ends, b.int(0)])
  const later = b.op('Sub', [ends, rows])
  const either = (whenPrompt: Value, otherwise: Value): Value => (prompt === undefined ? b.op('Where', [b.op('Equal', [all, rows]), whenPrompt, otherwise]) : prompt ? whenPrompt : otherwise)
  const before = either(none, later)
  const places = b.op('Add', [before, own])
  return {
    columns,
    rows,
    before,
    tokens,
    positions(given) {
      if (!given) return places
      const first = b.op('Slice', [given, b.ints([0, 0]), b.ints([1, 1]), b.ints([0, 1])])
      return either(b.op('Add', [b.op('Add', [first, own]), none]), asInt64(b, given))
    },
    seen(causal, window) {
      const across = b.op('Unsqueeze', [columns, b.ints([1, 2])])
      const own4 = b.op('Unsqueeze', [places, b.ints([1, 3])])
      if (!causal) return b.op('Less', [across, b.op('Unsqueeze', [ends, b.ints([1, 2])])])
      const past = b.op('LessOrEqual', [across, own4])
      return window > 0 ? b.op('And', [past, b.op('Less', [b.op('Sub', [own4, b.int(window)]), across])]) : past
    },
    widened(x) {
      const have = sizeOf(x, 3)
      if (have !== undefined && have === sizeOf(columns, 1)) return x
      const last = b.op('Sub', [sizeValue(b, [x, 3]), b.int(1)])
      return b.op('Gather', [x, b.op('Min', [b.op('Squeeze', [columns, b.ints([0])]), last])], { axis: 3 })
    },
  }
}

/** The cache with keys or values, [batch, heads, rows, size], put behind its valid columns; zeros behind them. */
export function appendKeys(b: Builder, { columns, rows, before, tokens }: Placing, past: Value | undefined, now: Value): Value {
  const [rowCount, columnCount] = [sizeOf(now, 2), sizeOf(columns, 1)]
  const dtype = dtypeOf(now) ?? 'float32'
  const batch = sizeOf(...tokens.batch)
  const all = past ? b.op('Concat', [past, now], { axis: 2 }) : now
  // without a cache, as many columns as there are rows are the rows
  if (!past && rowCount !== undefined && rowCount === columnCount) return now
  const until = past ? sizeValue(b, [past, 2]) : b.int(0)
  const fresh = b.op('Clip', [b.op('Sub', [columns, before]), b.int(0), b.op('Sub', [rows, b.int(1)])])
  const from = b.op('Where', [b.op('Less', [columns, before]), columns, b.op('Add', [fresh, until])])
  const valid = b.op('Unsqueeze', [b.op('Less', [columns, b.op('Add', [before, rows])]), b.ints([1, 3])])
  const width: SizeOf = [all, 2]
  const gathered = (): Value => {
    if (batch === 1) return b.op('Gather', [all, b.op('Squeeze', [from, b.ints([0])])], { axis: 2 })
    const [heads, size] = [sizeOf(now, 1), sizeOf(now, 3)]
    const flat = b.op('Reshape', [b.op('Transpose', [all], { perm: [0, 2, 1, 3] }), b.ints([-1, heads ?? 1, size ?? 1])])
    const starts = b.op('Mul', [b.op('Range', [b.int(0), sizeValue(b, tokens.batch), b.int(1)]), sizeValue(b, width)])
    return b.op('Transpose', [b.op('Gather', [flat, b.op('Add', [from, b.op('Unsqueeze', [starts, b.ints([1])])])])], { perm: [0, 2, 1, 3] })
  }
  return b.op('Where', [valid, gathered(), b.scalar(0, dtype)])
}
