import { sizeOf } from '../../src/expr/analysis/linear.ts'
import { narrowLongs } from '../../src/expr/analysis/narrow.ts'
import type { Buffer } from '../../src/expr/expr.ts'
import { read, stage } from '../../src/expr/expr.ts'
import { fuseStages } from '../../src/expr/fuse.ts'
import { kernelsOf } from './kernels/index.ts'
import type { Kernel, KernelContext } from './kernels/kernel.ts'
import { bytesOfBuffer } from './kernels/kernel.ts'
import { inLevels } from './kernels/levels.ts'
import { rowsOf } from './kernels/runs.ts'

/** A computation on the GPU: kernels in order. Pure data; equal stages for equal profiles give equal programs. */
export interface Program {
  readonly inputs: readonly Buffer[]
  readonly outputs: readonly Buffer[]
  readonly kernels: readonly Kernel[]
  /** Run once, when constants are there; what they fill is `held`. */
  readonly once: readonly Kernel[]
  readonly held: readonly Buffer[]
  /** What kernels fill for other kernels of the program. */
  readonly between: readonly Buffer[]
}

/** Plans the kernels for some stages. `constant` says which inputs never change. */
export function planProgram(inputs: readonly Buffer[], constant: readonly boolean[], wanted: readonly Buffer[], given: KernelContext): Program {
  const taken = new Set<Buffer>(inputs)
  const distinct = wanted.map(b => {
    const copied = taken.has(b) ? stage(b.shape, b.dtype, (...i) => read(b, i)) : b
    taken.add(copied)
    return copied
  })
  const { order: fused, renamed } = fuseStages(inputs, distinct, narrowLongs)
  const { order, context } = inLevels(fused, given)
  const outputs = distinct.map(b => renamed.get(b)!)
  const constants = new Set(inputs.filter((_, i) => constant[i]))
  const kernels: Kernel[] = []
  const once: Kernel[] = []
  const held: Buffer[] = []
  const between: Buffer[] = []
  for (let at = 0; at < order.length; ) {
    const run = rowsOf(order, at, outputs, context)
    const made = run ? [run.kernel] : sizeOf(order[at]!.shape) === 0 ? [] : kernelsOf(order[at]!, context).kernels
    at += run?.count ?? 1
    for (const k of made) {
      const filledAgain = made.some(other => other !== k && other.targets.some(t => k.targets.includes(t)))
      const fixed = !filledAgain && !k.targets.some(t => outputs.includes(t)) && isHeld(k, constants)
      ;(fixed ? once : kernels).push(k)
      for (const t of k.targets) {
        if (outputs.includes(t)) continue
        if (fixed) constants.add(t)
        const list = fixed ? held : between
        if (!list.includes(t)) list.push(t)
      }
    }
  }
  return { inputs, outputs, kernels, once, held, between }
}

/** Whether a kernel makes the same of constants every time, and not much more of them: then it runs once. */
function isHeld(k: Kernel, constants: ReadonlySet<Buffer>): boolean {
  const sources = k.reads.filter(b => !k.targets.includes(b))
  const bytes = (list: readonly Buffer[]): number => list.reduce((n, b) => n + bytesOfBuffer(b), 0)
  return sources.every(b => constants.has(b)) && bytes(k.targets) <= Math.max(65536, 4 * bytes(sources))
}
