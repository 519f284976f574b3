import type { Buffer } from '../../src/expr/expr.ts'
import type { Value } from '../../src/ir/model.ts'
import { peekNumbers } from '../../src/ir/tensor.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { elementCount } from '../../src/ir/types.ts'
import { explained } from '../../src/ops/guard.ts'
import { packArena } from '../../src/run/arena.ts'
import { fuse, lastReaders } from '../../src/run/fuse.ts'
import type { Group, Scheduled } from '../../src/run/fuse.ts'
import type { ControlStep, HostStep, Step, Stretch } from '../../src/run/plan.ts'
import { groupBuffers } from '../../src/run/programs.ts'
import type { GroupBuffers } from '../../src/run/programs.ts'
import type { Kernel } from './kernels/kernel.ts'
import { bytesOfBuffer } from './kernels/kernel.ts'
import { memoryExceeded } from './diagnostics.ts'
import type { Gpu } from './gpu.ts'
import { programOfNode } from './operators/index.ts'
import { hostReason, plainReason } from './placement.ts'
import type { Pipeline } from './pipelines.ts'
import type { Program } from './program.ts'
import { deviceBytes } from './wgsl/storage.ts'
import { tensorTypeOf } from '../../src/run/tensor-type.ts'

/** Where a buffer lies: in the arena, or in a buffer of its own for as long as the plan is kept. */
export type Place = { readonly arena: number } | { readonly buffer: GPUBuffer }

export interface Dispatch {
  readonly kind: 'dispatch'
  readonly label: string
  readonly pipeline: Pipeline
  readonly groups: readonly [number, number, number]
  readonly bindings: readonly { readonly place: Place; readonly offset: number; readonly bytes: number }[]
}
export type Runnable = Dispatch | HostStep | ControlStep

/** A node that the host runs, and why. Control flow is run from there; what it controls need not be. */
export interface OnHost {
  readonly node: string
  readonly reason: string
  readonly control: boolean
}

/** A stretch compiled: dispatches over one arena, and host steps between them. */
export interface Compiled {
  readonly steps: readonly Runnable[]
  readonly arenaBytes: number
  /** The most that the model's own values take at one step: what any arena must hold. */
  readonly liveBytes: number
  /** Offsets in the arena. */
  readonly places: ReadonlyMap<Value, number>
  readonly onHost: readonly OnHost[]
  release(): void
}

/** A constant of one element, which kernels say as a literal. */
function literalOf(value: Value): number | undefined {
  if (!value.isConstant || value.type?.kind !== 'tensor' || !['float32', 'float16', 'bfloat16', 'int32', 'int8', 'uint8', 'bool'].includes(value.type.dtype)) return undefined
  const numbers = value.constant!.byteLength <= 4 ? peekNumbers(value.constant) : undefined
  return numbers?.length === 1 ? numbers[0] : undefined
}

/** Compiles a stretch: weights are brought to the GPU, kernels compiled and what is made of constants alone is made. */
export async function compileStretch(stretch: Stretch, gpu: Gpu): Promise<Compiled> {
  const held: Tensor[] = []
  const own: GPUBuffer[] = []
  const release = (): void => {
    for (const t of held.splice(0)) gpu.weights.release(t)
    for (const b of own.splice(0)) gpu.memory.free(b)
  }
  try {
    return { ...(await compileInto(stretch, gpu, held, own)), release }
  } catch (error) {
    await gpu.pipelines.idle()
    release()
    throw error
  }
}

async function compileInto(stretch: Stretch, gpu: Gpu, held: Tensor[], own: GPUBuffer[]): Promise<Omit<Compiled, 'release'>> {
  const { memory } = gpu
  const onHost: OnHost[] = []
  const special = new Map<Scheduled, Task>()
  const steps = stretch.steps.map((step): Step => {
    const made = step.kind === 'host' ? programOfNode(step.node, memory.device.profile) : undefined
    if (step.kind === 'host' && made) {
      special.set(step, { ...made, name: `${step.node.op} ${step.node.name}`, program: () => made.program })
      return step
    }
    if (step.kind !== 'kernel') {
      onHost.push({ node: step.node.qualified, reason: plainReason(step), control: step.kind === 'control' })
      return step
    }
    const reason = hostReason(step)
    if (reason === undefined) return step
    onHost.push({ node: step.node.qualified, reason, control: false })
    return { kind: 'host', node: step.node }
  })
  const root = (v: Value): Value => stretch.views.get(v) ?? v
  const scheduled = apart(fuse({ ...stretch, steps }), gpu)
  const checked = stretch.checks.map(c => c.node.inputs[c.input]!).filter(v => !v.isConstant)
  const readers = lastReaders(scheduled, root, [...stretch.kept, ...checked])
  const spans: { bytes: number; first: number; last: number }[] = []
  const spanOf = new Map<Value, number>()
  const weights = new Map<Tensor, GPUBuffer>()
  const place = async (seen: Value, first: number): Promise<Place> => {
    const value = root(seen)
    if (value.isConstant) {
      const tensor = value.constant!
      let buffer = weights.get(tensor)
      if (!buffer) {
        weights.set(tensor, (buffer = await gpu.weights.hold(tensor)))
        held.push(tensor)
      }
      return { buffer }
    }
    let span = spanOf.get(value)
    if (span === undefined) {
      const { dtype, shape } = tensorTypeOf(value)
      const size = deviceBytes(dtype, elementCount(shape))
      const limit = memory.device.profile.bufferBytes
      if (size > limit) throw memoryExceeded(value.name, size, limit)
      span = spans.push({ bytes: size, first, last: readers.get(value) ?? first }) - 1
      spanOf.set(value, span)
    }
    return { arena: span }
  }
  const fromHost = new Map<Value, number>()
  for (const v of stretch.inputs.values()) fromHost.set(v, -1)
  const drafts: (Omit<Dispatch, 'pipeline'> & { readonly kernel: Kernel } | HostStep | ControlStep)[] = []
  const once: typeof drafts = []
  for (const [at, s] of scheduled.entries()) {
    const task = s.kind === 'group' ? groupTask(s, readers, at, gpu) : special.get(s)
    if (task === undefined) {
      if (s.kind === 'group') continue
      for (const v of s.kind === 'control' ? s.outputs : s.node.outputs) if (v) fromHost.set(v, at)
      drafts.push(s)
      continue
    }
    if (task.outputs.length === 0) continue
    const inputs: Place[] = []
    for (const v of task.inputs) inputs.push(await place(v, fromHost.get(root(v)) ?? at))
    const program = task.program(inputs)
    const outputs: Place[] = []
    for (const v of task.outputs) outputs.push(await place(v, at))
    const places = new Map<Buffer, Place>()
    program.inputs.forEach((b, i) => places.set(b, inputs[i]!))
    program.outputs.forEach((b, i) => places.set(b, outputs[i]!))
    for (const b of program.between) places.set(b, { arena: spans.push({ bytes: bytesOfBuffer(b), first: at, last: at }) - 1 })
    for (const b of program.held) {
      const buffer = memory.allocate(bytesOfBuffer(b), 'a table')
      own.push(buffer)
      places.set(b, { buffer })
    }
    const draft = (kernel: Kernel): Omit<Dispatch, 'pipeline'> & { readonly kernel: Kernel } => {
      void gpu.pipelines.of(kernel)
      return { kind: 'dispatch', kernel, label: `${kernel.label} ${task.name}`.trim(), groups: kernel.groups, bindings: kernel.bindings.map(b => ({ place: places.get(b.buffer)!, offset: b.offset, bytes: b.bytes })) }
    }
    once.push(...program.once.map(draft))
    drafts.push(...program.kernels.map(draft))
  }
  const { offsets, bytes } = packArena(spans, memory.device.profile.alignment)
  const values = [...spanOf.values()].map(span => spans[span]!)
  const liveBytes = scheduled.reduce((most, _, at) => Math.max(most, values.reduce((n, s) => (s.first <= at && at <= s.last ? n + s.bytes : n), 0)), 0)
  const settle = (p: Place): Place => ('arena' in p ? { arena: offsets[p.arena]! } : p)
  const finish = async (list: typeof drafts): Promise<Runnable[]> => {
    const out: Runnable[] = []
    for (const s of list) {
      if (s.kind !== 'dispatch') out.push(s)
      else out.push({ ...s, pipeline: await gpu.pipelines.of(s.kernel), bindings: s.bindings.map(b => ({ ...b, place: settle(b.place) })) })
    }
    return out
  }
  for (const s of await finish(once)) if (s.kind === 'dispatch') memory.dispatch(s.pipeline.pipeline, gpu.bind(s, undefined, 0), s.groups, `once: ${s.label}`)
  return { steps: await finish(drafts), arenaBytes: bytes, liveBytes, places: new Map([...spanOf].map(([v, span]) => [v, offsets[span]!])), onHost }
}

/** Groups whose kernels would bind more buffers than a shader may are taken apart. */
function apart(scheduled: readonly Scheduled[], { memory }: Gpu): Scheduled[] {
  const most = memory.device.profile.storageBuffers
  return scheduled.flatMap((s): Scheduled[] => {
    if (s.kind !== 'group' || s.members.length === 1) return [s]
    const inside = new Set(s.members.flatMap(m => m.node.outputs))
    const outside = new Set(s.members.flatMap(m => m.node.inputs.filter((v, i) => v && m.buffers.has(i) && !inside.has(v) && literalOf(v) === undefined)))
    return outside.size + 1 <= most ? [s] : s.members.map(m => ({ kind: 'group', members: [m] }))
  })
}

/** Values that a program reads and makes, and the program for the places of those it reads. */
interface Task {
  /** The operators it computes, and the first one's name. */
  readonly name: string
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  program(places: readonly Place[]): Program
}

function groupTask(group: Group, readers: ReadonlyMap<Value, number>, at: number, gpu: Gpu): Task {
  const seen = new Set(group.members.flatMap(m => m.node.outputs.filter(v => v !== undefined)).filter(v => (readers.get(v) ?? -1) > at))
  const stated = groupBuffers(group, seen, literalOf)
  return { name: `${group.members.map(m => m.node.op).join('+')} ${group.members[0]!.node.name}`, inputs: stated.inputs, outputs: stated.outputs, program: places => programOf(group, stated, places, gpu) }
}

function programOf(group: Group, stated: GroupBuffers, places: readonly Place[], gpu: Gpu): Program {
  const identity = (p: Place): unknown => ('arena' in p ? p.arena : p.buffer)
  const first = places.map(p => places.findIndex(q => identity(q) === identity(p)))
  try {
    return gpu.program(stated, first)
  } catch (error) {
    throw group.members.reduce((found, { node }) => explained(node, found), error as unknown)
  }
}
