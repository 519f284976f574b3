import { Cache } from '../../src/expr/analysis/key.ts'
import { computeStage } from './constants.ts'
import { deviceFailed } from './diagnostics.ts'
import type { Device } from './device.ts'
import type { Kernel } from './kernels/kernel.ts'

/** A kernel's pipeline, compiled. */
export interface Pipeline {
  readonly pipeline: GPUComputePipeline
  readonly layout: GPUBindGroupLayout
}

/** Pipelines found again by their code; plans keep those they use. */
const pipelinesKept = 1024

/** Pipelines by their code, compiled once, several at a time. */
export class Pipelines {
  readonly #device: Device
  readonly #known = new Cache<Promise<Pipeline>>(pipelinesKept)
  readonly #layouts = new Map<number, { readonly layout: GPUBindGroupLayout; readonly pipeline: GPUPipelineLayout }>()

  constructor(device: Device) {
    this.#device = device
  }
  readonly #pending = new Set<Promise<Pipeline>>()
  /** Compiled so far. */
  count = 0

  /** Starts to compile a kernel at once. Throws `executor.webgpu.failed`. */
  of(kernel: Kernel): Promise<Pipeline> {
    const known = this.#known.get(kernel.code, () => {
      const made = this.#compile(kernel)
      const done = (): unknown => this.#pending.delete(made)
      this.#pending.add(made)
      // whoever waits gets the failure; a plan that is given up leaves none unheard
      made.then(done, done)
      return made
    })
    return known
  }

  /** When nothing is being compiled any more: a process that ends before dies. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#pending)
  }

  async #compile(kernel: Kernel): Promise<Pipeline> {
    this.count++
    const { gpu } = this.#device
    const { layout, pipeline } = this.#layout(kernel.bindings.length)
    const module = gpu.createShaderModule({ code: kernel.code, label: kernel.label })
    try {
      return { pipeline: await gpu.createComputePipelineAsync({ layout: pipeline, compute: { module, entryPoint: 'main' }, label: kernel.label }), layout }
    } catch (e) {
      const [first] = (await module.getCompilationInfo()).messages
      throw deviceFailed(`compile the kernel ${kernel.label}`, first ? `${first.message} at ${first.lineNum}:${first.linePos}: ${kernel.code.split('\n')[first.lineNum - 1] ?? ''}` : e)
    }
  }

  #layout(count: number): { readonly layout: GPUBindGroupLayout; readonly pipeline: GPUPipelineLayout } {
    let known = this.#layouts.get(count)
    if (known === undefined) {
      const entries = Array.from({ length: count }, (_, binding) => ({ binding, visibility: computeStage, buffer: { type: 'storage' as const } }))
      const layout = this.#device.gpu.createBindGroupLayout({ entries })
      known = { layout, pipeline: this.#device.gpu.createPipelineLayout({ bindGroupLayouts: [layout] }) }
      this.#layouts.set(count, known)
    }
    return known
  }
}
