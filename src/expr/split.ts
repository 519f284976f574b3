import { conjunctsOf } from './analysis/guards.ts'
import { simplifier } from './analysis/simplify.ts'
import { visit } from './analysis/stages.ts'
import { substitute } from './analysis/substitute.ts'
import type { Table } from './analysis/table.ts'
import { type Expr, variable } from './expr.ts'
import type { Nest } from './nest.ts'

/** More pieces than this cost more code than their tests cost time. */
const most = 5

/** Cuts the last axis where guards that depend on it alone begin or cease to hold, so that each piece is free of them. */
export function splitGuards(table: Table, nest: Nest): Nest[] {
  const axis = nest.axes.at(-1)
  if (axis === undefined || nest.scan !== undefined || nest.op !== 'set') return [nest]
  const extent = axis.node.extent
  const cuts = new Set<number>([0, extent])
  visit([nest.value], e => {
    if (e.node.kind !== 'select') return
    for (const { atLeastZero } of conjunctsOf(table, e.node.condition)) {
      const k = atLeastZero?.terms.get(axis)
      if (k === undefined || atLeastZero!.terms.size !== 1) continue
      const { offset } = atLeastZero!
      const cut = k > 0 ? Math.ceil(-offset / k) : Math.floor(offset / -k) + 1
      if (cut > 0 && cut < extent) cuts.add(cut)
    }
  })
  if (cuts.size === 2 || cuts.size > most + 1) return [nest]
  const bounds = [...cuts].sort((a, b) => a - b)
  return bounds.slice(1).map((to, i) => {
    const from = bounds[i]!
    const piece = variable(to - from)
    const by = new Map<Expr, Expr>([[axis, piece.add(from)]])
    const tidy = simplifier(table)
    return {
      ...nest,
      axes: [...nest.axes.slice(0, -1), ...(to - from > 1 ? [piece] : [])],
      position: tidy(substitute(nest.position, by)),
      value: tidy(substitute(nest.value, by)),
    }
  })
}
