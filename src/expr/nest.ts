import type { Buffer, Expr, ReduceOp, Var } from './expr.ts'
import { constant, variable } from './expr.ts'
import { Bounds } from './analysis/bounds.ts'
import { expressionOf, linearOf, positionOf, sizeOf } from './analysis/linear.ts'
import { simplifier } from './analysis/simplify.ts'
import { visit } from './analysis/stages.ts'
import { flatRead, rewrite, substitute } from './analysis/substitute.ts'
import { childrenOf, type Table } from './analysis/table.ts'

/** Loops over axes that write, at a position of `buffer` each time, a value; reads are by position. */
export interface Nest {
  readonly axes: readonly Var[]
  readonly buffer: Buffer
  readonly position: Expr
  readonly value: Expr
  /** How the value meets what is there already. */
  readonly op: 'set' | 'add' | 'mul' | 'min' | 'max'
  /** The last axis carries a running reduction. */
  readonly scan?: ReduceOp
}

/** A stage as nests that run one after the other; none when there is nothing to write. */
export function nestsOf(table: Table, buffer: Buffer): Nest[] {
  const { axes, body, fill } = buffer.stage!
  const flat = simplifier(table, undefined, true)
  const bounds = new Bounds()
  /** Positions that come from data and are not proved are kept inside, so that wrong data cannot reach other memory. */
  const kept = (index: Expr, size: number): Expr => {
    const [low, high] = bounds.of(index)
    if ((low >= 0 && high < size) || !dependsOnData(index)) return index
    return flat(index.min(size - 1).max(0))
  }
  const safe = (e: Expr): Expr =>
    rewrite(flat(e), x => (x.node.kind === 'read' ? table.intern(flatRead(x.node.buffer, kept(table.intern(x.node.indices[0]!), sizeOf(x.node.buffer.shape)))) : table.intern(x)))
  const position = flat(positionOf(buffer, axes))
  const value = safe(body)
  if (fill.kind === 'scan') {
    if (sizeOf(buffer.shape) === 0) return []
    const ordered = [...axes.filter((_, d) => d !== fill.axis), axes[fill.axis]!]
    return [{ axes: ordered, buffer, position, value, op: 'set', scan: fill.op }]
  }
  const nests: Nest[] = sizeOf(buffer.shape) === 0 ? [] : [collapsed(table, { axes: axes.filter(v => v.node.extent !== 1), buffer, position, value, op: 'set' })]
  if (fill.kind === 'scatter' && nests.length > 0 && fill.over.every(v => v.node.extent > 0))
    nests.push({ axes: fill.over.filter(v => v.node.extent !== 1), buffer, position: kept(safe(positionOf(buffer, fill.at)), sizeOf(buffer.shape)), value: safe(fill.value), op: fill.op })
  return nests
}

function dependsOnData(index: Expr): boolean {
  let found = false
  visit([index], e => {
    if (e.node.kind === 'read') found = true
  })
  return found
}

const isIndex = (e: Expr): boolean => e.type === 'int' && e.node.kind === 'binary' && ['add', 'sub', 'mul'].includes(e.node.op)

/** The int sums of some expressions that are not parts of larger sums, and variables that stand alone. */
function sumsIn(roots: readonly Expr[], table: Table): Set<Expr> {
  const sums = new Set<Expr>()
  const take = (e: Expr): void => {
    if (sums.has(e)) return
    sums.add(e)
    for (const x of linearOf(table, e).terms.keys()) if (x !== e) visitBelow(x)
  }
  const seen = new Set<Expr>()
  const visitBelow = (e: Expr): void => {
    if (isIndex(e) || e.node.kind === 'var') return take(e)
    if (seen.has(e)) return
    seen.add(e)
    childrenOf(e).forEach(visitBelow)
  }
  roots.forEach(visitBelow)
  return sums
}

/** Makes one loop of neighbouring axes wherever everything depends on outer * size of inner + inner alone. */
export function collapsed(table: Table, nest: Nest): Nest {
  let { axes, position, value } = nest
  for (let d = axes.length - 2; d >= 0; d--) {
    const [outer, inner] = [axes[d]!, axes[d + 1]!]
    const n = inner.node.extent
    const sums = sumsIn([position, value], table)
    const joint = [...sums].every(e => {
      if (e === outer || e === inner) return false
      const { terms } = linearOf(table, e)
      return (terms.get(outer) ?? 0) === Math.imul(terms.get(inner) ?? 0, n)
    })
    if (!joint || outer.node.extent * n >= 2 ** 31) continue
    const both = variable(outer.node.extent * n)
    const replace = new Map<Expr, Expr>([[outer, constant(0, 'int')], [inner, both]])
    const tidy = (e: Expr): Expr => (isIndex(e) ? table.intern(expressionOf(table, linearOf(table, e))) : table.intern(e))
    const apply = (e: Expr): Expr => rewrite(substitute(e, replace), tidy)
    position = apply(position)
    value = apply(value)
    axes = [...axes.slice(0, d), both, ...axes.slice(d + 2)]
  }
  return { ...nest, axes, position, value }
}

/** The buffers that nests read. */
export function buffersOf(nests: readonly Nest[]): Buffer[] {
  const found = new Set<Buffer>()
  visit(nests.flatMap(n => [n.position, n.value]), e => {
    if (e.node.kind === 'read') found.add(e.node.buffer)
  })
  return [...found]
}
