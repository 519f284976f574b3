import type { Expr, ReduceOp, Scalar } from '../expr.ts'
import type { Linear } from './linear.ts'
import { linearOf } from './linear.ts'
import type { Table } from './table.ts'

/** One of the tests that a condition joins by `and`; where it compares ints, the linear form that it says is at least 0. */
export interface Conjunct {
  readonly condition: Expr
  readonly atLeastZero?: Linear
}

/** Takes a condition apart. */
export function conjunctsOf(table: Table, condition: Expr): Conjunct[] {
  const n = condition.node
  if (n.kind === 'const' && n.value) return []
  if (n.kind === 'binary' && n.op === 'and' && condition.type === 'bool') return [...conjunctsOf(table, n.a), ...conjunctsOf(table, n.b)]
  if (n.kind === 'binary' && n.a.type === 'int') {
    if (n.op === 'le') return [{ condition, atLeastZero: linearOf(table, n.b.sub(n.a)) }]
    if (n.op === 'lt') return [{ condition, atLeastZero: linearOf(table, n.b.sub(n.a).sub(1)) }]
  }
  return [{ condition }]
}

/** What a reduction of nothing gives. */
export function identityOf(op: ReduceOp, type: Scalar): number | bigint {
  const big = type === 'long' || type === 'ulong'
  const [low, high]: readonly [number | bigint, number | bigint] =
    type === 'int' ? [-(2 ** 31), 2 ** 31 - 1] : type === 'long' ? [-(2n ** 63n), 2n ** 63n - 1n] : type === 'ulong' ? [0n, 2n ** 64n - 1n] : type === 'bool' ? [0, 1] : [-Infinity, Infinity]
  switch (op) {
    case 'sum': case 'or': return big ? 0n : 0
    case 'prod': return big ? 1n : 1
    case 'max': return low
    case 'min': return high
    case 'and': return type === 'bool' ? 1 : type === 'ulong' ? high : big ? -1n : -1
  }
}
