import type { DType } from '../ir/dtype.ts'
import { linearOf, positionOf } from './analysis/linear.ts'
import { simplifier } from './analysis/simplify.ts'
import { orderStages, readsOf, visit } from './analysis/stages.ts'
import { rewrite, substitute } from './analysis/substitute.ts'
import { childrenOf, Table } from './analysis/table.ts'
import { type Buffer, type Expr, read } from './expr.ts'

/** Storing narrows nothing, so that a value may stay in a register instead. */
const keepsValues = new Set<DType>(['float32', 'float64', 'int32', 'int64', 'uint64', 'bool'])

const costly = new Set(['exp', 'expm1', 'log', 'log1p', 'erf', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh', 'pow', 'atan2'])

/** What computing one element takes, roughly in simple operations. */
function costOf(body: Expr): number {
  let cost = 0
  visit([body], e => {
    const n = e.node
    if (n.kind === 'reduce') cost += 1000
    else if (n.kind === 'binary' || n.kind === 'unary') cost += e.type === 'int' ? 0 : costly.has(n.op) ? 20 : 1
  })
  return cost
}

const reducesIn = (body: Expr): number => {
  let count = 0
  visit([body], e => (e.node.kind === 'reduce' ? count++ : 0))
  return count
}

/** The reads of a buffer that an expression makes, apart by whether they lie inside reductions. */
function readsOfBuffer(body: Expr, buffer: Buffer): { readonly inside: Expr[]; readonly outside: Expr[] } {
  const inside: Expr[] = []
  const outside: Expr[] = []
  const seen = new Map<Expr, number>()
  const go = (e: Expr, reduced: boolean): void => {
    const mark = reduced ? 2 : 1
    const known = seen.get(e) ?? 0
    if (known & mark) return
    seen.set(e, known | mark)
    if (e.node.kind === 'read' && e.node.buffer === buffer) (reduced ? inside : outside).push(e)
    childrenOf(e).forEach(c => go(c, reduced || e.node.kind === 'reduce'))
  }
  go(body, false)
  return { inside, outside }
}

/**
 * Puts stages into their consumers where that saves memory traffic and repeats no work: elementwise ones whose elements
 * are used once, and one reduction that its consumer reads element for element. Gives stages anew in order; `outputs` are
 * renamed by the map. `finish` rewrites what stages compute once they are put together.
 */
export function fuseStages(inputs: readonly Buffer[], outputs: readonly Buffer[], finish: (e: Expr) => Expr = e => e): { readonly order: readonly Buffer[]; readonly renamed: ReadonlyMap<Buffer, Buffer> } {
  const order = orderStages(outputs, new Set(inputs))
  const users = new Map<Buffer, number>()
  for (const b of order) for (const r of readsOf(b.stage!)) users.set(r, (users.get(r) ?? 0) + 1)
  for (const b of outputs) users.set(b, (users.get(b) ?? 0) + 2)
  const renamed = new Map<Buffer, Buffer>(inputs.map(b => [b, b]))
  const kept: Buffer[] = []
  const table = new Table()
  const given = new Set(inputs)

  for (const b of order) {
    const { axes, fill } = b.stage!
    const anew = (e: Expr): Expr =>
      rewrite(e, x => {
        const n = x.node
        const target = n.kind === 'read' ? renamed.get(n.buffer)! : undefined
        return n.kind !== 'read' || target === n.buffer ? x : read(target!, n.indices)
      })
    let body = anew(b.stage!.body)
    // what a swallowed stage reads may now have this one as its only reader
    for (let swallowed = fill.kind === 'map' ? swallow(b, body) : new Set<Buffer>(); swallowed.size > 0; swallowed = swallow(b, body)) {
      const before = new Set(readsIn(body))
      for (const p of swallowed) for (const r of readsOf(p.stage!)) if (before.has(r)) users.set(r, users.get(r)! - 1)
      body = inlined(body, swallowed)
    }
    const made: Buffer = {
      ...b,
      stage: { axes, body: finish(body), fill: fill.kind === 'scatter' ? { ...fill, at: fill.at.map(e => finish(anew(e))), value: finish(anew(fill.value)) } : fill },
    }
    renamed.set(b, made)
    users.set(made, users.get(b)!)
    kept.push(made)
  }
  const live = new Set(orderStages(outputs.map(b => renamed.get(b)!), new Set(inputs)))
  return { order: kept.filter(b => live.has(b)), renamed }

  /** The stages that a body reads and may take in. */
  function swallow(b: Buffer, body: Expr): Set<Buffer> {
    const swallowed = new Set<Buffer>()
    let reductions = reducesIn(body)
    const flat = simplifier(table, undefined, true)
    const own = flat(positionOf(b, b.stage!.axes))
    for (const p of readsIn(body)) {
      if (p.stage?.fill.kind !== 'map' || given.has(p) || users.get(p) !== 1 || !keepsValues.has(p.dtype)) continue
      const made = p.stage
      const { inside, outside } = readsOfBuffer(body, p)
      const inner = reducesIn(made.body)
      const identical = outside.every(e => table.intern(flat(positionOf(p, e.node.kind === 'read' ? e.node.indices : []))) === own)
      if (inner > 0) {
        if (inner === 1 && reductions === 0 && inside.length === 0 && outside.length > 0 && identical) {
          swallowed.add(p)
          reductions = 1
        }
        continue
      }
      const plain = made.body.node.kind === 'read'
      const cost = costOf(made.body)
      const once = outside.length === 1 && coversAxes(table, outside[0]!, b)
      if (inside.length > 0 ? plain && outside.length === 0 : once || identical || cost <= 1) swallowed.add(p)
    }
    return swallowed
  }
}

/** The buffers that an expression reads, in the order met. */
function readsIn(body: Expr): readonly Buffer[] {
  const found = new Set<Buffer>()
  visit([body], e => {
    if (e.node.kind === 'read') found.add(e.node.buffer)
  })
  return [...found]
}

/** The expression with what some stages compute in place of reads of them. */
function inlined(body: Expr, stages: ReadonlySet<Buffer>): Expr {
  const copied = new Map<Buffer, readonly { readonly indices: readonly Expr[]; readonly to: Expr }[]>()
  return rewrite(body, x => {
    const n = x.node
    if (n.kind !== 'read' || !stages.has(n.buffer)) return x
    // reads at one place become one expression: copies would double with every stage of a chain like v + v
    const copies = copied.get(n.buffer) ?? []
    const known = copies.find(c => c.indices.every((index, i) => index === n.indices[i]))
    if (known) return known.to
    const { axes, body: inner } = n.buffer.stage!
    const to = substitute(inner, new Map(axes.map((v, i) => [v as Expr, n.indices[i]!])))
    copied.set(n.buffer, [...copies, { indices: n.indices, to }])
    return to
  })
}

/** Whether the place of a read differs for any two elements of the stage, as far as naming every axis says so. */
function coversAxes(table: Table, e: Expr, b: Buffer): boolean {
  if (e.node.kind !== 'read') return false
  const free = new Set(e.node.indices.flatMap(i => [...table.free(i)]))
  return b.stage!.axes.every(v => v.node.extent === 1 || free.has(v)) && e.node.indices.every(i => [...linearOf(table, i).terms.keys()].every(x => x.node.kind !== 'read'))
}
