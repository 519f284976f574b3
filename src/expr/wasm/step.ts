import type { Buffer } from '../expr.ts'
import { compileKernel, instanceOf } from './kernel.ts'
import { readsOf } from '../analysis/stages.ts'

/** One thing that a program does: it fills a buffer from others. Addresses are those of the target and then of the reads. */
export interface Step {
  readonly target: Buffer
  readonly reads: readonly Buffer[]
  readonly scratchBytes: number
  readonly packedBytes: number
  /** Only reads and writes; where all it reads is constant it can run once, when constants are packed. */
  readonly isPlain?: true
  /** Of what it reads, the constants that it needs only to pack. */
  readonly packs?: readonly Buffer[]
  instantiate(memory: WebAssembly.Memory): StepInstance
}

export interface StepInstance {
  /** Fills the step's part of the packed memory; reads only constants. */
  pack?(addresses: readonly number[], packed: number): void
  run(addresses: readonly number[], scratch: number, packed: number): void
}

/** A stage as plain loops. */
export function kernelStep(target: Buffer): Step {
  const kernel = compileKernel(target, readsOf(target.stage!))
  return {
    target,
    reads: kernel.reads,
    scratchBytes: 0,
    packedBytes: 0,
    isPlain: true,
    instantiate(memory) {
      const f = instanceOf(kernel.module, memory)['run']!
      return { run: addresses => f(...addresses) }
    },
  }
}
