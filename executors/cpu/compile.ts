import type { ProgramInstance } from '../../src/expr/wasm/program.ts'
import type { DType } from '../../src/ir/dtype.ts'
import { bitsOf } from '../../src/ir/dtype.ts'
import type { Value } from '../../src/ir/model.ts'
import { isSubByte } from '../../src/ir/subbyte.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { elementCount } from '../../src/ir/types.ts'
import { explained } from '../../src/ops/guard.ts'
import { packArena } from '../../src/run/arena.ts'
import { contentKey } from '../../src/run/constants.ts'
import { fuse, lastReaders } from '../../src/run/fuse.ts'
import type { Group } from '../../src/run/fuse.ts'
import { line } from './heap.ts'
import type { Machine } from './machine.ts'
import type { ControlStep, HostStep, Stretch } from '../../src/run/plan.ts'
import { groupBuffers } from '../../src/run/programs.ts'
import type { GroupBuffers } from '../../src/run/programs.ts'
import { tensorTypeOf } from '../../src/run/tensor-type.ts'

/** An address: in the arena, or for as long as the plan is kept. */
export type Place = { readonly arena: number } | { readonly fixed: number }
export interface ProgramStep {
  readonly kind: 'program'
  readonly instance: ProgramInstance
  readonly inputs: readonly Place[]
  readonly outputs: readonly Place[]
  readonly scratch: Place
  readonly packed: number
  /** Addresses for the base they were worked out for. */
  at: { readonly inputs: number[]; readonly outputs: number[]; scratch: number }
}
export type Runnable = ProgramStep | HostStep | ControlStep

/** Bytes that elements take in the machine's memory. */
export const storageBytes = (dtype: DType, shape: readonly number[]): number => elementCount(shape) * (isSubByte(dtype) ? 1 : bitsOf(dtype) / 8)

/** A stretch compiled: programs with places in one arena, and host steps between them. */
export interface Compiled {
  readonly steps: readonly Runnable[]
  readonly arenaBytes: number
  /** Offsets in the arena. */
  readonly places: ReadonlyMap<Value, number>
  readonly holdings: Holdings
}

/** What a plan holds of the machine's memory: weights, and constants packed. */
export class Holdings {
  readonly #machine: Machine
  readonly #weights: string[] = []
  readonly #packed: { readonly at: number; readonly bytes: number }[] = []

  constructor(machine: Machine) {
    this.#machine = machine
  }
  async weight(tensor: Tensor): Promise<number> {
    const { at, key } = await this.#machine.weights.hold(tensor)
    this.#weights.push(key)
    return at
  }
  /** Lets one holding of a weight go before the rest. */
  drop(tensor: Tensor): void {
    const [key] = this.#weights.splice(this.#weights.indexOf(contentKey(tensor)), 1)
    this.#machine.weights.release(key!)
  }
  pack(bytes: number): number {
    const at = this.#machine.heap.allocate(bytes)
    this.#packed.push({ at, bytes })
    this.#machine.packedBytes += bytes
    return at
  }
  release(): void {
    for (const key of this.#weights.splice(0)) this.#machine.weights.release(key)
    for (const { at, bytes } of this.#packed.splice(0)) {
      this.#machine.heap.free(at)
      this.#machine.packedBytes -= bytes
    }
  }
}

/** Compiles a stretch; its weights are brought into the machine's memory and packed. */
export async function compileStretch(stretch: Stretch, machine: Machine): Promise<Compiled> {
  const holdings = new Holdings(machine)
  try {
    return await compileInto(stretch, machine, holdings)
  } catch (error) {
    holdings.release()
    throw error
  }
}

function compileGroup(group: Group, stated: GroupBuffers, machine: Machine): ReturnType<Machine['compile']> {
  try {
    return machine.compile(stated)
  } catch (error) {
    throw group.members.reduce((found, { node }) => explained(node, found), error as unknown)
  }
}

async function compileInto(stretch: Stretch, machine: Machine, holdings: Holdings): Promise<Compiled> {
  const root = (v: Value): Value => stretch.views.get(v) ?? v
  const scheduled = fuse(stretch)
  const checked = stretch.checks.map(c => c.node.inputs[c.input]!).filter(v => !v.isConstant)
  const readers = lastReaders(scheduled, root, [...stretch.kept, ...checked])
  const spans: { bytes: number; first: number; last: number }[] = []
  const spanOf = new Map<Value, number>()
  const place = async (seen: Value, first: number): Promise<Place> => {
    const value = root(seen)
    if (value.isConstant) return { fixed: await holdings.weight(value.constant!) }
    let span = spanOf.get(value)
    if (span === undefined) {
      const { dtype, shape } = tensorTypeOf(value)
      span = spans.push({ bytes: storageBytes(dtype, shape), first, last: readers.get(value) ?? first }) - 1
      spanOf.set(value, span)
    }
    return { arena: span }
  }
  const fromHost = new Map<Value, number>()
  for (const v of stretch.inputs.values()) fromHost.set(v, -1)
  const drafts: (Omit<ProgramStep, 'at'> | HostStep | ControlStep)[] = []
  for (const [at, s] of scheduled.entries()) {
    if (s.kind !== 'group') {
      for (const v of s.kind === 'control' ? s.outputs : s.node.outputs) if (v) fromHost.set(v, at)
      drafts.push(s)
      continue
    }
    const seen = new Set(s.members.flatMap(m => m.node.outputs.filter(v => v !== undefined)).filter(v => (readers.get(v) ?? -1) > at))
    const stated = groupBuffers(s, seen)
    if (stated.outputs.length === 0) continue
    const { program, instance } = compileGroup(s, stated, machine)
    const inputs: Place[] = []
    for (const v of stated.inputs) inputs.push(await place(v, fromHost.get(root(v)) ?? at))
    const outputs: Place[] = []
    for (const v of stated.outputs) outputs.push(await place(v, at))
    const scratch: Place = { arena: spans.push({ bytes: program.scratchBytes, first: at, last: at }) - 1 }
    let packedAt = 0
    if (program.packedBytes > 0) {
      packedAt = holdings.pack(program.packedBytes)
      instance.pack(inputs.map(p => ('fixed' in p ? p.fixed : 0)), packedAt)
      stated.inputs.forEach((v, i) => v.isConstant && !program.readsAfterPack[i] && holdings.drop(v.constant!))
    }
    drafts.push({ kind: 'program', instance, inputs, outputs, scratch, packed: packedAt })
  }
  const { offsets, bytes } = packArena(spans, line, line)
  const settle = (p: Place): Place => ('arena' in p ? { arena: offsets[p.arena]! } : p)
  const steps = drafts.map((s): Runnable =>
    s.kind === 'program' ? { ...s, inputs: s.inputs.map(settle), outputs: s.outputs.map(settle), scratch: settle(s.scratch), at: { inputs: [], outputs: [], scratch: 0 } } : s,
  )
  return { steps, arenaBytes: bytes, places: new Map([...spanOf].map(([v, span]) => [v, offsets[span]!])), holdings }
}
