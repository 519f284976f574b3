import type { Buffer } from '../expr.ts'
import { binary, cast, Expr, read, reduceOver, scalarOf, select, unary } from '../expr.ts'
import { childrenOf } from './table.ts'

/** The same node over other operands, folded as the builders fold. */
export function rebuild(e: Expr, c: readonly Expr[]): Expr {
  const n = e.node
  switch (n.kind) {
    case 'const': case 'var': return e
    case 'read': return n.indices.length === n.buffer.shape.length ? read(n.buffer, c) : flatRead(n.buffer, c[0]!)
    case 'binary': return binary(n.op, c[0]!, c[1]!)
    case 'unary': return unary(n.op, c[0]!)
    case 'cast': return cast(c[0]!, e.type)
    case 'select': return select(c[0]!, c[1]!, c[2]!)
    case 'reduce': return reduceOver(n.op, n.vars, c[0]!)
  }
}

/** Rewrites bottom up: `f` sees each node with its operands rewritten already and may replace it. Shared parts stay shared. */
export function rewrite(e: Expr, f: (e: Expr) => Expr, memo: Map<Expr, Expr> = new Map()): Expr {
  const known = memo.get(e)
  if (known !== undefined) return known
  const old = childrenOf(e)
  const children = old.map(c => rewrite(c, f, memo))
  const rebuilt = children.every((c, i) => c === old[i]) ? e : rebuild(e, children)
  const result = children.includes(rebuilt) ? rebuilt : f(rebuilt)
  memo.set(e, result)
  return result
}

/** Replaces whole subexpressions, variables as a rule. What they are replaced by is not looked into. */
export function substitute(e: Expr, by: ReadonlyMap<Expr, Expr>, memo: Map<Expr, Expr> = new Map()): Expr {
  if (by.size === 0) return e
  const direct = by.get(e) ?? memo.get(e)
  if (direct !== undefined) return direct
  const old = childrenOf(e)
  if (old.length === 0) return e
  const children = old.map(c => substitute(c, by, memo))
  const result = children.every((c, i) => c === old[i]) ? e : rebuild(e, children)
  memo.set(e, result)
  return result
}

/** Replaces reads of a stage's buffer by the stage's own expression. Only map stages can be. */
export function inlineStage(e: Expr, producer: Buffer): Expr {
  const { axes, body, fill } = producer.stage!
  if (fill.kind !== 'map') throw new TypeError('only map stages can be substituted')
  // reads at one place become one expression: copies would double with every stage of a chain like v + v
  const made: { readonly indices: readonly Expr[]; readonly to: Expr }[] = []
  return rewrite(e, x => {
    if (x.node.kind !== 'read' || x.node.buffer !== producer) return x
    const { indices } = x.node
    const known = made.find(m => m.indices.every((index, d) => index === indices[d]))
    if (known) return known.to
    const to = substitute(body, new Map(axes.map((v, d) => [v as Expr, indices[d]!])))
    made.push({ indices, to })
    return to
  })
}

/** A read by position in row-major order; what lowering makes of every read. */
export const flatRead = (buffer: Buffer, index: Expr): Expr => new Expr(scalarOf(buffer.dtype), { kind: 'read', buffer, indices: [index] })
