import { Bounds } from './analysis/bounds.ts'
import { conjunctsOf } from './analysis/guards.ts'
import { expressionOf, linearOf, sizeOf } from './analysis/linear.ts'
import { simplifier } from './analysis/simplify.ts'
import { visit } from './analysis/stages.ts'
import { rewrite } from './analysis/substitute.ts'
import { Table } from './analysis/table.ts'
import { type Buffer, type Expr, constant, read, select, stage } from './expr.ts'

/** A padded copy may be this many times as large as what it pads. */
const growth = 4

/**
 * Reads inside reductions that are guarded by exactly the bounds of their buffer become reads of a padded copy, so that no
 * test is left in the inner loops. Gives the stage anew, and the stages of the copies.
 */
export function padGuarded(buffer: Buffer): { readonly buffer: Buffer; readonly pads: readonly Buffer[] } {
  const { axes, body, fill } = buffer.stage!
  if (fill.kind !== 'map') return { buffer, pads: [] }
  const table = new Table()
  const tidy = simplifier(table)
  const bounds = new Bounds()
  const pads = new Map<string, Buffer>()

  const padded = (e: Expr): Expr => {
    const n = e.node
    if (n.kind !== 'select' || n.b.node.kind !== 'const' || n.a.node.kind !== 'read') return e
    const { buffer: source, indices } = n.a.node
    if (sizeOf(source.shape) === 0) return e
    const ranges = indices.map(i => bounds.of(i))
    const tests = new Set(conjunctsOf(table, n.condition).map(c => (c.atLeastZero ? table.id(expressionOf(table, c.atLeastZero)) : -1)))
    for (const [d, i] of indices.entries()) {
      const low = table.id(expressionOf(table, linearOf(table, i)))
      const high = table.id(expressionOf(table, linearOf(table, constant(source.shape[d]! - 1, 'int').sub(i))))
      const [from, to] = ranges[d]!
      if ((from < 0 && !tests.has(low)) || (to >= source.shape[d]! && !tests.has(high))) return e
      tests.delete(low)
      tests.delete(high)
    }
    if (tests.size > 0) return e
    const lows = ranges.map(r => Math.min(0, r[0]))
    const shape = ranges.map(([, to], d) => Math.max(source.shape[d]! - 1, to) - lows[d]! + 1)
    if (sizeOf(shape) > growth * sizeOf(source.shape) + 4096) return e
    const fillValue = n.b.node.value
    const key = `${table.id(read(source, source.shape.map(() => 0)))} ${Object.is(fillValue, -0) ? '-0' : fillValue} ${lows.join()} ${shape.join()}`
    let copy = pads.get(key)
    if (copy === undefined) {
      copy = stage(shape, source.dtype, (...j) => {
        const at = j.map((v, d) => v.add(lows[d]!))
        const inside = at.flatMap((v, d) => [...(lows[d]! < 0 ? [v.ge(0)] : []), ...(shape[d]! + lows[d]! > source.shape[d]! ? [v.lt(source.shape[d]!)] : [])])
        return inside.length === 0 ? read(source, at) : select(inside.reduce((a, b) => a.and(b)), read(source, at), constant(fillValue, e.type))
      })
      pads.set(key, copy)
    }
    const target = copy
    return read(target, indices.map((i, d) => i.sub(lows[d]!)))
  }
  let reductions = 0
  visit([body], e => (e.node.kind === 'reduce' ? reductions++ : 0))
  if (reductions === 0) return { buffer, pads: [] }
  const renewed = rewrite(tidy(body), e => (e.node.kind === 'reduce' ? rewrite(e, x => padded(table.intern(x))) : e))
  if (pads.size === 0) return { buffer, pads: [] }
  return { buffer: { ...buffer, stage: { axes, body: renewed, fill } }, pads: [...pads.values()] }
}
