import type { Datum } from '../../src/ir/tensor.ts'
import type { Backend, Segment } from '../../src/run/backend.ts'
import type { Constants } from '../../src/run/constants.ts'
import type { Stretch } from '../../src/run/plan.ts'
import type { GroupBuffers } from '../../src/run/programs.ts'
import type { Dispatch, OnHost } from './compile.ts'
import type { Device } from './device.ts'
import { Memory } from './memory.ts'
import type { Pipelines } from './pipelines.ts'
import type { Program } from './program.ts'
import { planProgram } from './program.ts'
import { GpuSegment } from './segment.ts'
import { slicingOn } from './slices.ts'
import { regionsOf } from './tensors.ts'
import { Weights } from './weights.ts'

/** Programs found again by their key; plans keep what they use. */
const programsKept = 1024

/** What a session computes with: a device's memory, the constants there, pipelines and programs. */
export class Gpu implements Backend {
  readonly memory: Memory
  readonly weights: Weights
  readonly pipelines: Pipelines
  readonly constants: Constants
  /** Nodes that the host ran, by the plans so far. */
  readonly onHost: OnHost[] = []
  /** Nodes planned as kernels. */
  kernelNodes = 0
  arenaBytes = 0
  liveBytes = 0
  readonly #programs = new Map<string, Program>()
  /** One arena for stretches, and one more for each depth of control flow around them. */
  readonly #arenas: GPUBuffer[] = []
  depth = 0
  readonly #handed = new Set<GPUBuffer>()

  constructor(device: Device, pipelines: Pipelines, constants: Constants) {
    this.memory = new Memory(device)
    this.weights = new Weights(this.memory)
    this.pipelines = pipelines
    this.constants = constants
  }
  readonly slicing = slicingOn(this)
  get crowded(): boolean {
    return this.memory.bytes > 2 ** 31
  }

  async prepare(stretch: Stretch): Promise<Segment> {
    const segment = await GpuSegment.of(stretch, this)
    this.arenaBytes = Math.max(this.arenaBytes, segment.arenaBytes)
    this.liveBytes = Math.max(this.liveBytes, segment.liveBytes)
    this.onHost.push(...segment.onHost)
    this.kernelNodes += stretch.steps.filter(s => s.kind === 'kernel').length
    return segment
  }

  /** The program of a group, planned once for equal ones. `first` names, for each input, the first one that lies at its place. */
  program(group: GroupBuffers, first: readonly number[]): Program {
    const key = `${first.join()}\n${group.key}`
    let known = this.#programs.get(key)
    if (known === undefined) {
      const buffers = group.inputBuffers.map(i => i.buffer)
      const roots = new Map(buffers.map((b, i) => [b, buffers[first[i]!]!]))
      known = planProgram(buffers, group.inputBuffers.map(i => i.constant), group.outputBuffers, { profile: this.memory.device.profile, root: b => roots.get(b) ?? b })
      this.#programs.set(key, known)
      if (this.#programs.size > programsKept) this.#programs.delete(this.#programs.keys().next().value!)
    }
    return known
  }

  /** The arena at the depth of control flow at hand, of at least this size. */
  arena(bytes: number): GPUBuffer {
    const known = this.#arenas[this.depth]
    if (known && known.size >= bytes) return known
    if (known) this.memory.free(known)
    return (this.#arenas[this.depth] = this.memory.allocate(bytes, 'what this model keeps between its operators'))
  }

  /** A buffer for a value that goes from one stretch to another. */
  hand(bytes: number): GPUBuffer {
    const buffer = this.memory.allocate(bytes, 'a value')
    this.#handed.add(buffer)
    return buffer
  }
  release(data: Iterable<Datum>, others: Iterable<Datum>): void {
    const kept = new Set([...others].flatMap(regionsOf).map(r => r.buffer))
    for (const { buffer } of [...data].flatMap(regionsOf)) if (!kept.has(buffer) && this.#handed.delete(buffer)) this.memory.free(buffer)
  }
  /** Lets go of all that went from stretch to stretch. */
  releaseHanded(): void {
    for (const buffer of this.#handed) this.memory.free(buffer)
    this.#handed.clear()
  }

  bind(dispatch: Dispatch, arena: GPUBuffer | undefined, base: number): GPUBindGroup {
    return this.memory.device.gpu.createBindGroup({
      layout: dispatch.pipeline.layout,
      entries: dispatch.bindings.map(({ place, offset, bytes }, binding) => ({
        binding,
        resource: 'arena' in place ? { buffer: arena!, offset: base + place.arena + offset, size: bytes } : { buffer: place.buffer, offset, size: bytes },
      })),
    })
  }

  dispose(): void {
    this.releaseHanded()
    for (const arena of this.#arenas.splice(0)) if (arena) this.memory.free(arena)
    this.memory.dispose()
  }
}

