import { sizeOf } from '../analysis/linear.ts'
import { type Buffer, read, stage } from '../expr.ts'
import { storageBytes } from '../storage.ts'
import { Arena } from './arena.ts'
import { recogniseContraction } from './contraction.ts'
import { fuseStages } from './fuse.ts'
import { multiplyStep } from './multiply.ts'
import { padGuarded } from './pad.ts'
import type { Program } from './program.ts'
import { kernelStep, type Step } from './step.ts'

/** Where a buffer lies when a program runs. */
type Place = { readonly in: 'inputs' | 'outputs'; readonly index: number } | { readonly in: 'scratch'; readonly offset: number }

const bytesOf = (b: Buffer): number => sizeOf(b.shape) * storageBytes(b.dtype)
const up = (n: number): number => Math.ceil(n / 16) * 16

/** Decides what is computed where, and compiles it. */
export function planProgram(inputs: readonly Buffer[], constant: readonly boolean[], wanted: readonly Buffer[]): Program {
  const taken = new Set<Buffer>(inputs)
  const distinct = wanted.map(b => {
    const copied = taken.has(b) ? stage(b.shape, b.dtype, (...i) => read(b, i)) : b
    taken.add(copied)
    return copied
  })
  const { order, renamed } = fuseStages(inputs, distinct)
  const outputs = distinct.map(b => renamed.get(b)!)
  const constants = new Set(inputs.filter((_, i) => constant[i]))
  const steps = order.flatMap(b => stepsOf(b, constants))
  return assemble(inputs, outputs, steps)
}

/** The steps that fill a stage's buffer; the last one's target is that buffer. */
function stepsOf(wanted: Buffer, constants: ReadonlySet<Buffer>): Step[] {
  const { buffer, pads } = padGuarded(wanted)
  const steps = pads.map(kernelStep)
  const c = sizeOf(buffer.shape) > 0 ? recogniseContraction(buffer) : undefined
  if (c !== undefined) steps.push(multiplyStep(c, b => constants.has(b)))
  if (c === undefined || c.after) steps.push(kernelStep(c?.after ?? buffer))
  return [...steps.slice(0, -1), { ...steps.at(-1)!, target: wanted }]
}

/** Lays buffers out in memory and runs the steps one after the other. */
function assemble(inputs: readonly Buffer[], outputs: readonly Buffer[], steps: readonly Step[]): Program {
  const lastUse = new Map<Buffer, number>()
  steps.forEach((s, i) => [s.target, ...s.reads].forEach(b => lastUse.set(b, i)))
  const places = new Map<Buffer, Place>()
  inputs.forEach((b, index) => places.set(b, { in: 'inputs', index }))
  outputs.forEach((b, index) => places.set(b, { in: 'outputs', index }))
  const arena = new Arena()
  const own: number[] = []
  steps.forEach((s, i) => {
    if (!places.has(s.target)) places.set(s.target, { in: 'scratch', offset: arena.place(bytesOf(s.target), i, lastUse.get(s.target)!) })
    own.push(arena.place(s.scratchBytes, i, i))
  })
  let packedBytes = 0
  const packedAt = steps.map(s => {
    const at = packedBytes
    packedBytes += up(s.packedBytes)
    return at
  })
  const located = steps.map(s => [s.target, ...s.reads].map(b => places.get(b)!))
  return {
    scratchBytes: arena.bytes,
    packedBytes,
    instantiate(memory) {
      const instances = steps.map(s => s.instantiate(memory))
      const resolve = (i: number, ins: readonly number[], outs: readonly number[], scratch: number): number[] =>
        located[i]!.map(p => (p.in === 'scratch' ? scratch + p.offset : (p.in === 'inputs' ? ins : outs)[p.index]!))
      return {
        pack(ins, packed) {
          instances.forEach((s, i) => s.pack?.(resolve(i, ins, [], 0), packed + packedAt[i]!))
        },
        run(ins, outs, scratch, packed) {
          for (const [i, s] of instances.entries()) s.run(resolve(i, ins, outs, scratch), scratch + own[i]!, packed + packedAt[i]!)
        },
      }
    },
  }
}
