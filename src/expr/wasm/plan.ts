import { sizeOf } from '../analysis/linear.ts'
import { orderStages, readsOf } from '../analysis/stages.ts'
import { type Buffer, read, stage } from '../expr.ts'
import { storageBytes } from '../storage.ts'
import { Arena } from './arena.ts'
import { compileKernel, instanceOf, type Kernel } from './kernel.ts'
import type { Program } from './program.ts'

/** Where a buffer lies when a program runs. */
type Place = { readonly in: 'inputs' | 'outputs'; readonly index: number } | { readonly in: 'scratch'; readonly offset: number }

interface Step {
  readonly kernel: Kernel
  readonly target: Buffer
}

const bytesOf = (b: Buffer): number => sizeOf(b.shape) * storageBytes(b.dtype)

/** Decides what is computed where, and compiles it. */
export function planProgram(inputs: readonly Buffer[], _constant: readonly boolean[], wanted: readonly Buffer[]): Program {
  const taken = new Set<Buffer>(inputs)
  const outputs = wanted.map(b => {
    const copied = taken.has(b) ? stage(b.shape, b.dtype, (...i) => read(b, i)) : b
    taken.add(copied)
    return copied
  })
  const steps = orderStages(outputs, new Set(inputs)).map((b): Step => ({ target: b, kernel: compileKernel(b, readsOf(b.stage!)) }))
  const lastUse = new Map<Buffer, number>()
  steps.forEach(({ target, kernel }, i) => [target, ...kernel.reads].forEach(b => lastUse.set(b, i)))
  const places = new Map<Buffer, Place>()
  inputs.forEach((b, index) => places.set(b, { in: 'inputs', index }))
  outputs.forEach((b, index) => places.set(b, { in: 'outputs', index }))
  const arena = new Arena()
  steps.forEach(({ target }, i) => {
    if (!places.has(target)) places.set(target, { in: 'scratch', offset: arena.place(bytesOf(target), i, lastUse.get(target)!) })
  })
  const addresses = steps.map(({ target, kernel }) => [target, ...kernel.reads].map(b => places.get(b)!))
  return {
    scratchBytes: arena.bytes,
    packedBytes: 0,
    instantiate(memory) {
      const functions = steps.map(s => instanceOf(s.kernel.module, memory)['run']!)
      return {
        pack() {},
        run(ins, outs, scratch) {
          for (const [i, f] of functions.entries()) f(...addresses[i]!.map(p => (p.in === 'scratch' ? scratch + p.offset : (p.in === 'inputs' ? ins : outs)[p.index]!)))
        },
      }
    },
  }
}
