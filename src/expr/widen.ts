import { visit } from './analysis/stages.ts'
import { rewrite } from './analysis/substitute.ts'
import { type Buffer, read, stage } from './expr.ts'

/** Copies in float32 what a stage's reductions read in 16 bits. Gives the stage over the copies, and their stages; undefined when there are none. */
export function widenOperands(buffer: Buffer): { readonly buffer: Buffer; readonly copies: readonly Buffer[] } | undefined {
  const { axes, body, fill } = buffer.stage!
  const copies = new Map<Buffer, Buffer>()
  visit([body], e => {
    if (e.node.kind !== 'reduce') return
    visit([e.node.body], x => {
      if (x.node.kind !== 'read') return
      const { buffer: b } = x.node
      if (b.dtype === 'float16' || b.dtype === 'bfloat16') copies.set(b, stage(b.shape, 'float32', (...i) => read(b, i)))
    })
  })
  if (copies.size === 0) return undefined
  const renewed = rewrite(body, x => (x.node.kind === 'read' && copies.has(x.node.buffer) ? read(copies.get(x.node.buffer)!, x.node.indices) : x))
  return { buffer: { ...buffer, stage: { axes, body: renewed, fill } }, copies: [...copies.values()] }
}
