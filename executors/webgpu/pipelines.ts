import { computeStage } from './constants.ts'
import { deviceFailed } from './diagnostics.ts'
import type { Device } from './device.ts'
import type { Kernel } from './kernels/kernel.ts'

/** A kernel's pipeline, compiled. */
export interface Pipeline {
  readonly pipeline: GPUComputePipeline
  readonly layout: GPUBindGroupLayout
}

/** Pipelines by their code, compiled once, several at a time. */
export class Pipelines {
  readonly #device: Device
  readonly #known = new Map<string, Promise<Pipeline>>()
  readonly #layouts = new Map<number, { readonly layout: GPUBindGroupLayout; readonly pipeline: GPUPipelineLayout }>()

  constructor(device: Device) {
    this.#device = device
  }
  get count(): number {
    return this.#known.size
  }

  /** Starts to compile a kernel at once. Throws `executor.webgpu.failed`. */
  of(kernel: Kernel): Promise<Pipeline> {
    let known = this.#known.get(kernel.code)
    if (known === undefined) {
      known = this.#compile(kernel)
      // whoever waits gets the failure; a plan that is given up leaves none unheard
      known.catch(() => undefined)
      this.#known.set(kernel.code, known)
    }
    return known
  }

  async #compile(kernel: Kernel): Promise<Pipeline> {
    const { gpu } = this.#device
    const { layout, pipeline } = this.#layout(kernel.bindings.length)
    if (typeof process !== 'undefined' && process.env['DUMP']) console.log(kernel.label, kernel.groups, kernel.code)
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
