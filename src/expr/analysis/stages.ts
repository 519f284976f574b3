import type { Buffer, Expr, Stage } from '../expr.ts'
import { childrenOf } from './table.ts'

/** The expressions that say a stage: its body, and for a scatter its places and value. */
export const expressionsOf = (stage: Stage): readonly Expr[] => (stage.fill.kind === 'scatter' ? [stage.body, ...stage.fill.at, stage.fill.value] : [stage.body])

/** Sees every distinct node below some expressions, operands after their users. */
export function visit(roots: readonly Expr[], f: (e: Expr) => void): void {
  const seen = new Set<Expr>()
  const go = (e: Expr): void => {
    if (seen.has(e)) return
    seen.add(e)
    f(e)
    childrenOf(e).forEach(go)
  }
  roots.forEach(go)
}

const readsByStage = new WeakMap<Stage, readonly Buffer[]>()

/** The buffers that a stage reads, in the order met. */
export function readsOf(stage: Stage): readonly Buffer[] {
  let reads = readsByStage.get(stage)
  if (reads === undefined) {
    const found = new Set<Buffer>()
    visit(expressionsOf(stage), e => {
      if (e.node.kind === 'read') found.add(e.node.buffer)
    })
    readsByStage.set(stage, (reads = [...found]))
  }
  return reads
}

/** Every staged buffer that `outputs` need, each after those it reads. Buffers in `given` are taken as they are. */
export function orderStages(outputs: readonly Buffer[], given: ReadonlySet<Buffer> = new Set()): Buffer[] {
  const done = new Set<Buffer>(given)
  const order: Buffer[] = []
  const go = (b: Buffer): void => {
    if (done.has(b)) return
    done.add(b)
    if (b.stage === undefined) return
    readsOf(b.stage).forEach(go)
    order.push(b)
  }
  outputs.forEach(go)
  return order
}
