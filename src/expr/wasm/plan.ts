import { sizeOf } from '../analysis/linear.ts'
import { type Buffer, read, stage } from '../expr.ts'
import { storageBytes } from '../storage.ts'
import { Arena } from './arena.ts'
import { recogniseContraction } from '../contraction.ts'
import { fuseStages } from '../fuse.ts'
import { multiplyStep } from './multiply.ts'
import { padGuarded } from '../pad.ts'
import { widenOperands } from '../widen.ts'
import type { Program } from './program.ts'
import { kernelStep, type Step } from './step.ts'

/** Where a buffer lies when a program runs. */
type Place = { readonly in: 'inputs' | 'outputs'; readonly index: number } | { readonly in: 'scratch' | 'packed'; readonly offset: number }

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
  const steps: Step[] = []
  for (const b of order) {
    for (const s of stepsOf(b, constants)) {
      steps.push(s)
      if (!outputs.includes(s.target) && keepable(s, constants)) constants.add(s.target)
    }
  }
  return assemble(inputs, outputs, steps, constants)
}

/** Whether a step makes the same of constants every time, and not much more of them: then it runs once. */
function keepable(s: Step, constants: ReadonlySet<Buffer>): boolean {
  const bytes = s.reads.reduce((sum, r) => sum + bytesOf(r), 0)
  return s.isPlain === true && s.reads.every(r => constants.has(r)) && bytesOf(s.target) <= 4 * bytes
}

/** The steps that fill a stage's buffer; the last one's target is that buffer. */
function stepsOf(wanted: Buffer, constants: Set<Buffer>): Step[] {
  const { buffer, pads } = padGuarded(wanted)
  const steps = pads.map(kernelStep)
  const empty = sizeOf(buffer.shape) === 0
  let c = empty ? undefined : recogniseContraction(buffer)
  if (c === undefined && !empty) {
    const wide = widenOperands(buffer)
    c = wide && recogniseContraction(wide.buffer)
    for (const s of c ? wide!.copies.map(kernelStep) : []) {
      steps.push(s)
      if (keepable(s, constants)) constants.add(s.target)
    }
  }
  if (c !== undefined) steps.push(multiplyStep(c, b => constants.has(b)))
  if (c === undefined || c.after) steps.push(kernelStep(c?.after ?? buffer))
  return [...steps.slice(0, -1), { ...steps.at(-1)!, target: wanted }]
}

/** Lays buffers out in memory and runs the steps one after the other. */
function assemble(inputs: readonly Buffer[], outputs: readonly Buffer[], steps: readonly Step[], constants: ReadonlySet<Buffer>): Program {
  const lastUse = new Map<Buffer, number>()
  steps.forEach((s, i) => [s.target, ...s.reads].forEach(b => lastUse.set(b, i)))
  const places = new Map<Buffer, Place>()
  inputs.forEach((b, index) => places.set(b, { in: 'inputs', index }))
  outputs.forEach((b, index) => places.set(b, { in: 'outputs', index }))
  const arena = new Arena()
  const own: number[] = []
  let packedBytes = 0
  const fixed = steps.map(s => constants.has(s.target))
  steps.forEach((s, i) => {
    if (fixed[i]) {
      places.set(s.target, { in: 'packed', offset: packedBytes })
      packedBytes += up(bytesOf(s.target))
    }
    if (!places.has(s.target)) places.set(s.target, { in: 'scratch', offset: arena.place(bytesOf(s.target), i, lastUse.get(s.target)!) })
    own.push(arena.place(s.scratchBytes, i, i))
  })
  const packedAt = steps.map(s => {
    const at = packedBytes
    packedBytes += up(s.packedBytes)
    return at
  })
  const located = steps.map(s => [s.target, ...s.reads].map(b => places.get(b)!))
  return {
    scratchBytes: arena.bytes,
    packedBytes,
    readsAfterPack: inputs.map(b => steps.some((s, i) => !fixed[i] && s.reads.includes(b) && !s.packs?.includes(b))),
    instantiate(memory) {
      const instances = steps.map(s => s.instantiate(memory))
      let before: readonly number[] = []
      let addresses: readonly (readonly number[])[] = []
      const resolve = (i: number, ins: readonly number[], outs: readonly number[], scratch: number, packed: number): number[] =>
        located[i]!.map(p => ('offset' in p ? (p.in === 'scratch' ? scratch : packed) + p.offset : (p.in === 'inputs' ? ins : outs)[p.index]!))
      return {
        pack(ins, packed) {
          instances.forEach((s, i) => {
            const addresses = resolve(i, ins, [], 0, packed)
            if (fixed[i]) s.run(addresses, 0, 0)
            else s.pack?.(addresses, packed + packedAt[i]!)
          })
        },
        run(ins, outs, scratch, packed) {
          const given = [...ins, ...outs, scratch, packed]
          if (!given.every((x, i) => x === before[i])) {
            before = given
            addresses = steps.map((_, i) => resolve(i, ins, outs, scratch, packed))
          }
          for (const [i, s] of instances.entries()) if (!fixed[i]) s.run(addresses[i]!, scratch + own[i]!, packed + packedAt[i]!)
        },
      }
    },
  }
}
