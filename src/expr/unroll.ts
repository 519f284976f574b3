import type { Expr, Var } from './expr.ts'
import { binary, constant, reduceOver } from './expr.ts'
import { simplifier } from './analysis/simplify.ts'
import { rewrite, substitute } from './analysis/substitute.ts'
import type { Table } from './analysis/table.ts'
import type { Nest } from './nest.ts'

/** Reductions of up to this many terms are written out. A 5x5 window is 25. */
const most = 25

const names = { sum: 'add', prod: 'mul', max: 'max', min: 'min', or: 'or', and: 'and' } as const

/** Writes small reductions out as the operations on their terms, and the innermost axes of larger ones where these are small. */
export function unrolled(table: Table, nest: Nest, limit = most): Nest {
  const tidy = simplifier(table)
  const value = rewrite(nest.value, e => {
    const n = e.node
    if (n.kind !== 'reduce' || e.type === 'bool') return table.intern(e)
    let first = n.vars.length
    let count = 1
    while (first > 0 && count * n.vars[first - 1]!.node.extent <= limit) count *= n.vars[--first]!.node.extent
    if (count <= 1) return table.intern(e)
    const terms = (body: Expr, vars: readonly Var[]): Expr[] =>
      vars.length === 0 ? [body] : Array.from({ length: vars[0]!.node.extent }, (_, i) => terms(substitute(body, new Map([[vars[0]! as Expr, constant(i, 'int')]])), vars.slice(1))).flat()
    return tidy(reduceOver(n.op, n.vars.slice(0, first), terms(n.body, n.vars.slice(first)).reduce((a, b) => binary(names[n.op], a, b))))
  })
  return { ...nest, value: table.intern(value) }
}
