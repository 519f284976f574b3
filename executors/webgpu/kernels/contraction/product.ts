import { linearOf } from '../../../../src/expr/analysis/linear.ts'
import { visit } from '../../../../src/expr/analysis/stages.ts'
import { Table } from '../../../../src/expr/analysis/table.ts'
import type { Buffer, Expr, Var } from '../../../../src/expr/expr.ts'
import { nestsOf } from '../../../../src/expr/nest.ts'

/**
 * A stage that is one sum of products: `value`, at `position`, contains `sum`, over `terms` of `left` times `right`. Rows move the
 * left factor alone, columns the right one, outer axes both or neither. Outermost first; reads are by position. The factors may be
 * any expressions.
 */
export interface Product {
  readonly table: Table
  readonly target: Buffer
  readonly position: Expr
  readonly value: Expr
  readonly sum: Expr
  readonly left: Expr
  readonly right: Expr
  readonly rows: readonly Var[]
  readonly columns: readonly Var[]
  readonly outer: readonly Var[]
  readonly terms: readonly Var[]
}

export const extentOf = (axes: readonly Var[]): number => axes.reduce((n, v) => n * v.node.extent, 1)

const known = new WeakMap<Buffer, { readonly product: Product | undefined }>()

/** Sees a stage as a product; the columns are the side that lies closer in the result. Undefined when it is none. */
export function productOf(target: Buffer): Product | undefined {
  let found = known.get(target)
  if (found === undefined) known.set(target, (found = { product: recognise(target) }))
  return found.product
}

function recognise(target: Buffer): Product | undefined {
  const { fill, body } = target.stage!
  if (fill.kind !== 'map' || !hasSum(body)) return undefined
  const table = new Table()
  const [nest] = nestsOf(table, target)
  if (nest === undefined) return undefined
  const reductions = new Set<Expr>()
  visit([nest.value], e => (e.node.kind === 'reduce' ? reductions.add(e) : 0))
  const [sum] = reductions
  if (reductions.size !== 1 || sum!.node.kind !== 'reduce' || sum!.node.op !== 'sum' || !['float', 'double', 'int'].includes(sum!.type)) return undefined
  const product = sum!.node.body.node
  const terms = sum!.node.vars.filter(v => v.node.extent !== 1)
  if (product.kind !== 'binary' || product.op !== 'mul' || terms.length === 0 || terms.some(v => v.node.extent === 0)) return undefined
  const [a, b] = [table.free(product.a), table.free(product.b)]
  const onlyA = nest.axes.filter(v => a.has(v) && !b.has(v))
  const onlyB = nest.axes.filter(v => b.has(v) && !a.has(v))
  if (onlyA.length + onlyB.length === 0) return undefined
  const { terms: steps } = linearOf(table, nest.position)
  const step = (v: Var): number => Math.abs(steps.get(v) ?? 0)
  const closest = (axes: readonly Var[]): number => Math.min(...axes.map(step))
  const swap = closest(onlyA) < closest(onlyB)
  const ordered = (axes: readonly Var[]): Var[] => [...axes].sort((x, y) => step(y) - step(x))
  const [rows, columns] = swap ? [onlyB, onlyA] : [onlyA, onlyB]
  return {
    table,
    target,
    position: nest.position,
    value: nest.value,
    sum: sum!,
    left: swap ? product.b : product.a,
    right: swap ? product.a : product.b,
    rows: ordered(rows),
    columns: ordered(columns),
    outer: nest.axes.filter(v => !rows.includes(v) && !columns.includes(v)),
    terms,
  }
}

function hasSum(body: Expr): boolean {
  let found = false
  visit([body], e => {
    if (e.node.kind === 'reduce' && e.node.op === 'sum') found = true
  })
  return found
}
