import type { Buffer, Expr } from '../expr.ts'
import { sizeOf } from './linear.ts'
import { expressionsOf, orderStages } from './stages.ts'
import { childrenOf } from './table.ts'

/** Multiply-accumulates: terms of sums of products. Flops: other operations on floats. A comparison or conversion counts nothing, a guarded term counts. */
export interface Work {
  readonly macs: number
  readonly flops: number
}

/** The work of computing `outputs`, each stage once. */
export function countWork(outputs: readonly Buffer[]): Work {
  let macs = 0
  let flops = 0
  const isFloat = (e: Expr): boolean => e.type === 'float' || e.type === 'double'
  const go = (e: Expr, times: number, seen: Set<Expr>): void => {
    if (!isFloat(e) || seen.has(e)) return
    seen.add(e)
    const n = e.node
    if (n.kind === 'reduce') {
      const all = n.vars.reduce((p, v) => p * v.node.extent, times)
      const inner = new Set<Expr>()
      const body = unguarded(n.body)
      if (n.op === 'sum' && body.node.kind === 'binary' && body.node.op === 'mul') {
        macs += all
        go(body.node.a, all, inner)
        go(body.node.b, all, inner)
      } else {
        flops += all
        go(n.body, all, inner)
      }
      return
    }
    if (n.kind === 'binary' || n.kind === 'unary') flops += times
    childrenOf(e).forEach(c => go(c, times, seen))
  }
  for (const b of orderStages(outputs)) {
    const { fill } = b.stage!
    const [body, ...rest] = expressionsOf(b.stage!)
    go(body!, sizeOf(b.shape), new Set())
    if (fill.kind === 'scan') flops += isFloat(body!) ? sizeOf(b.shape) : 0
    if (fill.kind === 'scatter') for (const e of rest) go(e, fill.over.reduce((p, v) => p * v.node.extent, 1), new Set())
  }
  return { macs, flops }
}

const unguarded = (e: Expr): Expr => (e.node.kind === 'select' && e.node.b.node.kind === 'const' ? unguarded(e.node.a) : e)
