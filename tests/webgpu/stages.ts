import type { Device } from '../../executors/webgpu/device.ts'
import { openDevice } from '../../executors/webgpu/device.ts'
import type { Kernel } from '../../executors/webgpu/kernels/kernel.ts'
import { bytesOfBuffer } from '../../executors/webgpu/kernels/kernel.ts'
import { mapKernel } from '../../executors/webgpu/kernels/map.ts'
import { Memory } from '../../executors/webgpu/memory.ts'
import { openNode } from '../../executors/webgpu/open-node.ts'
import type { Pipeline } from '../../executors/webgpu/pipelines.ts'
import { Pipelines } from '../../executors/webgpu/pipelines.ts'
import type { Profile } from '../../executors/webgpu/profile.ts'
import { planProgram } from '../../executors/webgpu/program.ts'
import { orderStages } from '../../src/expr/analysis/stages.ts'
import { Table } from '../../src/expr/analysis/table.ts'
import type { Buffer } from '../../src/expr/expr.ts'
import { nestsOf } from '../../src/expr/nest.ts'
import type { TypedArray } from '../../src/ir/tensor.ts'
import { bytesOf } from '../../src/ir/tensor.ts'

/** What makes a stage's buffer. */
export type Kernels = readonly Kernel[]

/** The kernels of stages as the executor plans them. */
export function planned(inputs: readonly Buffer[], outputs: readonly Buffer[], profile: Profile): Kernels {
  const { once, kernels } = planProgram(inputs, inputs.map(() => false), outputs, { profile, root: b => b })
  return [...once, ...kernels]
}

/** The kernels of stages, each as plain loops of its own. */
export const naive = (inputs: readonly Buffer[], outputs: readonly Buffer[], profile: Profile): Kernels =>
  orderStages(outputs, new Set(inputs)).flatMap(b => nestsOf(new Table(), b).map(nest => mapKernel({ profile, root: x => x }, b, nest)))

/** Buffers and pipelines of some kernels, ready to be dispatched. */
export interface Ready {
  readonly dispatches: readonly { readonly pipeline: Pipeline; readonly bind: GPUBindGroup; readonly groups: readonly [number, number, number] }[]
  readonly buffers: readonly GPUBuffer[]
}

/** A device for kernels that stand alone. */
export class Stages {
  readonly device: Device
  readonly memory: Memory
  readonly #pipelines: Pipelines

  private constructor(device: Device) {
    this.device = device
    this.memory = new Memory(device)
    this.#pipelines = new Pipelines(device)
  }
  static open = async (): Promise<Stages> => new Stages(await openDevice(openNode))

  /** Uploads inputs and compiles. */
  async ready(kernels: Kernels, inputs: readonly Buffer[], arrays: readonly TypedArray[]): Promise<Ready> {
    const buffers = new Map<Buffer, GPUBuffer>()
    const bufferOf = (b: Buffer): GPUBuffer => {
      let known = buffers.get(b)
      if (known === undefined) buffers.set(b, (known = this.memory.allocate(bytesOfBuffer(b), 'a stage')))
      return known
    }
    inputs.forEach((b, i) => this.memory.write(bufferOf(b), 0, bytesOf(arrays[i]!)))
    const dispatches = []
    for (const k of kernels) {
      const pipeline = await this.#pipelines.of(k)
      const entries = k.bindings.map((b, binding) => ({ binding, resource: { buffer: bufferOf(b.buffer), offset: b.offset, size: b.bytes } }))
      dispatches.push({ pipeline, bind: this.device.gpu.createBindGroup({ layout: pipeline.layout, entries }), groups: k.groups })
    }
    return { dispatches, buffers: [...buffers.values()] }
  }

  dispatch({ dispatches }: Ready): void {
    for (const { pipeline, bind, groups } of dispatches) this.memory.dispatch(pipeline.pipeline, bind, groups)
  }

  release({ buffers }: Ready): void {
    for (const b of buffers) this.memory.free(b)
  }

  /** Milliseconds until one dispatch of all is done, and those that the process's threads worked: what a software driver took, whoever else had the machine. */
  async time(ready: Ready): Promise<{ readonly wall: number; readonly worked: number }> {
    this.memory.flush()
    await this.device.gpu.queue.onSubmittedWorkDone()
    const [start, before] = [performance.now(), process.cpuUsage()]
    this.dispatch(ready)
    this.memory.flush()
    await this.device.gpu.queue.onSubmittedWorkDone()
    const { user, system } = process.cpuUsage(before)
    return { wall: performance.now() - start, worked: (user + system) / 1000 }
  }
}
