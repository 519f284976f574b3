import { invariant } from '../../src/diag/diagnostic.ts'
import type { DType } from '../../src/ir/dtype.ts'
import { bitsOf } from '../../src/ir/dtype.ts'
import type { Value } from '../../src/ir/model.ts'
import { isSubByte } from '../../src/ir/subbyte.ts'
import type { Datum, Tensor } from '../../src/ir/tensor.ts'
import { bytesOf, isTensor, reshapedTensor, viewOf } from '../../src/ir/tensor.ts'
import { elementCount, staticShape } from '../../src/ir/types.ts'
import type { ProgramInstance } from '../../src/expr/wasm/program.ts'
import { arrayOfTensor, specialise, tensorOfArray } from '../../src/ops/evaluate.ts'
import { packArena } from './arena.ts'
import type { Constants } from './constants.ts'
import { fuse } from './fuse.ts'
import type { Scheduled } from './fuse.ts'
import type { Machine } from './machine.ts'
import type { ControlStep, HostStep, Stretch } from './plan.ts'
import { groupBuffers } from './programs.ts'

/** Runs control flow of a stretch on data; `around` are the values it reads from around, constants apart. */
export type ControlRunner = (step: ControlStep, inputs: readonly (Datum | undefined)[], around: ReadonlyMap<Value, Datum>) => Promise<Datum[]>

type Place = { readonly arena: number } | { readonly fixed: number }
interface ProgramStep {
  readonly kind: 'program'
  readonly instance: ProgramInstance
  readonly inputs: readonly Place[]
  readonly outputs: readonly Place[]
  readonly scratch: Place
  readonly packed: number
  /** Addresses for the base they were worked out for. */
  at: { readonly inputs: number[]; readonly outputs: number[]; scratch: number }
}
type Runnable = ProgramStep | HostStep | ControlStep

const storageBytes = (dtype: DType, shape: readonly number[]): number => elementCount(shape) * (isSubByte(dtype) ? 1 : bitsOf(dtype) / 8)

function tensorTypeOf(value: Value): { readonly dtype: DType; readonly shape: readonly number[] } {
  const { type } = value
  const shape = type?.kind === 'tensor' ? staticShape(type.shape) : undefined
  invariant(type?.kind === 'tensor' && shape !== undefined, `${value.name} has no static type`)
  return { dtype: type.dtype, shape }
}

/** A stretch compiled: programs with places in one arena, and host steps between them. */
interface Compiled {
  readonly steps: readonly Runnable[]
  readonly arenaBytes: number
  /** Offsets in the arena. */
  readonly places: ReadonlyMap<Value, number>
  /** What to let go at the end: keys of weights, and blocks of packed constants. */
  readonly held: readonly string[]
  readonly packed: readonly { readonly at: number; readonly bytes: number }[]
}

/** Compiles a stretch; its weights are brought into the machine's memory and packed. */
async function compile(stretch: Stretch, machine: Machine): Promise<Compiled> {
  const root = (v: Value): Value => stretch.views.get(v) ?? v
  const scheduled = fuse(stretch)
  const readers = lastReaders(scheduled, root, stretch.kept)
  const held: string[] = []
  const packed: { at: number; bytes: number }[] = []
  const spans: { bytes: number; first: number; last: number }[] = []
  const spanOf = new Map<Value, number>()
  const place = async (seen: Value, first: number): Promise<Place> => {
    const value = root(seen)
    if (value.isConstant) {
      const { at, key } = await machine.weights.hold(value.constant!)
      held.push(key)
      return { fixed: at }
    }
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
    const { program, instance } = machine.compile(stated)
    const inputs: Place[] = []
    for (const v of stated.inputs) inputs.push(await place(v, fromHost.get(root(v)) ?? at))
    const outputs: Place[] = []
    for (const v of stated.outputs) outputs.push(await place(v, at))
    const scratch: Place = { arena: spans.push({ bytes: program.scratchBytes, first: at, last: at }) - 1 }
    let packedAt = 0
    if (program.packedBytes > 0) {
      packedAt = machine.heap.allocate(program.packedBytes)
      packed.push({ at: packedAt, bytes: program.packedBytes })
      machine.packedBytes += program.packedBytes
      instance.pack(inputs.map(p => ('fixed' in p ? p.fixed : 0)), packedAt)
    }
    drafts.push({ kind: 'program', instance, inputs, outputs, scratch, packed: packedAt })
  }
  const { offsets, bytes } = packArena(spans)
  const settle = (p: Place): Place => ('arena' in p ? { arena: offsets[p.arena]! } : p)
  const steps = drafts.map((s): Runnable =>
    s.kind === 'program' ? { ...s, inputs: s.inputs.map(settle), outputs: s.outputs.map(settle), scratch: settle(s.scratch), at: { inputs: [], outputs: [], scratch: 0 } } : s,
  )
  return { steps, arenaBytes: bytes, places: new Map([...spanOf].map(([v, span]) => [v, offsets[span]!])), held, packed }
}

/** A stretch ready to run, again and again. */
export class Segment {
  readonly stretch: Stretch
  readonly #machine: Machine
  readonly #compiled: Compiled
  readonly #constants: Constants
  readonly #copyIn: readonly { readonly value: Value; readonly offset: number }[]
  #base = -1

  private constructor(stretch: Stretch, machine: Machine, constants: Constants, compiled: Compiled) {
    this.stretch = stretch
    this.#machine = machine
    this.#constants = constants
    this.#compiled = compiled
    this.#copyIn = [...stretch.inputs.values()].flatMap(value => (compiled.places.has(value) ? [{ value, offset: compiled.places.get(value)! }] : []))
  }
  static async of(stretch: Stretch, machine: Machine, constants: Constants): Promise<Segment> {
    return new Segment(stretch, machine, constants, await compile(stretch, machine))
  }
  get arenaBytes(): number {
    return this.#compiled.arenaBytes
  }

  /** Runs on data by the stretch's input values; gives the data of what it keeps. */
  async run(given: ReadonlyMap<Value, Datum>, control: ControlRunner, pause: () => Promise<void>): Promise<Map<Value, Datum>> {
    const { heap } = this.#machine
    const env = new Map(given)
    const base = heap.allocate(this.arenaBytes)
    try {
      this.#rebase(base)
      for (const { value, offset } of this.#copyIn) heap.write(base + offset, bytesOf(arrayOfTensor(env.get(value) as Tensor)))
      for (const step of this.#compiled.steps) {
        await pause()
        if (step.kind === 'program') step.instance.run(step.at.inputs, step.at.outputs, step.at.scratch, step.packed)
        else await this.#runOnHost(step, env, base, control)
      }
      const out = new Map<Value, Datum>()
      for (const v of this.stretch.kept) out.set(v, await this.#read(v, env, base))
      return out
    } finally {
      heap.free(base)
    }
  }

  release(): void {
    for (const key of this.#compiled.held) this.#machine.weights.release(key)
    for (const { at, bytes } of this.#compiled.packed) {
      this.#machine.heap.free(at)
      this.#machine.packedBytes -= bytes
    }
  }

  /** The value whose place a value has: a reshaped one has that of the original. */
  #root(value: Value): Value {
    return this.stretch.views.get(value) ?? value
  }

  #rebase(base: number): void {
    if (base === this.#base) return
    this.#base = base
    const at = (p: Place): number => ('arena' in p ? base + p.arena : p.fixed)
    for (const s of this.#compiled.steps) if (s.kind === 'program') s.at = { inputs: s.inputs.map(at), outputs: s.outputs.map(at), scratch: at(s.scratch) }
  }

  async #read(value: Value, env: ReadonlyMap<Value, Datum>, base: number): Promise<Datum> {
    if (value.isConstant) return this.#constants.get(value.constant!)
    const root = this.#root(value)
    const known = env.get(root)
    if (known !== undefined) return root === value ? known : reshapedTensor(known as Tensor, tensorTypeOf(value).shape)
    const { dtype, shape } = tensorTypeOf(value)
    const bytes = this.#machine.heap.read(base + this.#compiled.places.get(root)!, storageBytes(dtype, shape))
    return tensorOfArray(dtype, shape, viewOf(dtype, bytes))
  }

  async #runOnHost(step: HostStep | ControlStep, env: Map<Value, Datum>, base: number, control: ControlRunner): Promise<void> {
    const inputs: (Datum | undefined)[] = []
    for (const v of step.kind === 'control' ? step.inputs : step.node.inputs) inputs.push(v && (await this.#read(v, env, base)))
    let results: Datum[]
    if (step.kind === 'control') {
      const around = new Map<Value, Datum>()
      for (const [k, v] of step.around) if (!v.isConstant) around.set(k, await this.#read(v, env, base))
      results = await control(step, inputs, around)
    } else {
      const made = specialise(step.node, inputs)
      invariant(made.kind === 'function', `${step.node.op} was not decomposed`)
      results = made.run(step.node, inputs)
    }
    const outputs = step.kind === 'control' ? step.outputs : step.node.outputs
    outputs.forEach((v, i) => {
      if (!v) return
      const datum = results[i]!
      env.set(v, datum)
      const offset = this.#compiled.places.get(v)
      if (offset === undefined) return
      const { dtype, shape } = tensorTypeOf(v)
      invariant(datum !== null && isTensor(datum) && datum.dtype === dtype && datum.shape.join() === shape.join(), `${step.node.op} made another type than it infers`)
      this.#machine.heap.write(base + offset, bytesOf(arrayOfTensor(datum)))
    })
  }
}

/** The last scheduled step that reads each value or a view of it; one past the end for what is kept. */
function lastReaders(scheduled: readonly Scheduled[], root: (value: Value) => Value, kept: ReadonlySet<Value>): Map<Value, number> {
  const out = new Map<Value, number>()
  scheduled.forEach((s, at) => {
    const see = (v: Value | undefined): void => {
      if (v && !v.isConstant) out.set(root(v), at)
    }
    if (s.kind === 'group') for (const m of s.members) m.node.inputs.forEach(see)
    else if (s.kind === 'host') s.node.inputs.forEach(see)
    else {
      s.inputs.forEach(see)
      for (const v of s.around.values()) see(v)
    }
  })
  for (const v of kept) out.set(root(v), scheduled.length)
  return out
}
