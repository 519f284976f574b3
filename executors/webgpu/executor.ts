import type { Model } from '../../src/ir/model.ts'
import type { Datum } from '../../src/ir/tensor.ts'
import { Constants } from '../../src/run/constants.ts'
import { Functions } from '../../src/run/functions.ts'
import { checkOperators, ModelRuns } from '../../src/run/model.ts'
import { Runner } from '../../src/run/runner.ts'
import type { Executor, PrepareOptions, RunOptions, Session } from '../../src/spi/executor.ts'
import type { OnHost } from './compile.ts'
import type { Device } from './device.ts'
import { openDevice } from './device.ts'
import { Gpu } from './gpu.ts'
import { openNode } from './open-node.ts'
import { mayHaveKernels } from './operators/index.ts'
import { Pipelines } from './pipelines.ts'
import { Profiler } from './profiler.ts'
import { collect } from './tensors.ts'

/** What a session holds and did, in bytes, counts and milliseconds. */
export interface GpuStats {
  readonly adapter: string
  /** Of all buffers now. */
  readonly gpuBytes: number
  /** Of all buffers at once, at most. */
  readonly peakBytes: number
  readonly weightBytes: number
  /** The most that values between operators took at once. */
  readonly arenaBytes: number
  /** The most of them that is needed at one step. */
  readonly liveBytes: number
  readonly pipelines: number
  readonly submits: number
  readonly dispatches: number
  readonly uploadedBytes: number
  readonly downloadedBytes: number
  /** Nodes planned as kernels, and those that the host runs. */
  readonly kernelNodes: number
  readonly onHost: readonly OnHost[]
  readonly planMilliseconds: number
}

/** A session on the GPU. */
export interface GpuSession extends Session {
  readonly stats: GpuStats
}

interface Opened {
  readonly device: Device
  readonly pipelines: Pipelines
}

let opened: Promise<Opened> | undefined

/** The device that all sessions share, and what was compiled for it; another one when it was lost. */
async function sharedDevice(): Promise<Opened> {
  if (opened) {
    const known = await opened.catch(() => undefined)
    if (known && !known.device.fault()) return known
  }
  return (opened = openDevice(openNode).then(device => ({ device, pipelines: new Pipelines(device) })))
}

class GpuRun implements GpuSession {
  readonly #model: Model
  readonly #device: Device
  readonly #constants: Constants
  readonly #runs: ModelRuns
  readonly #gpu: Gpu
  readonly #runner: Runner

  constructor(model: Model, { device, pipelines }: Opened, functions: Functions) {
    this.#model = model
    this.#device = device
    this.#constants = new Constants()
    this.#runs = new ModelRuns(model)
    this.#gpu = new Gpu(device, pipelines, this.#constants)
    this.#runner = new Runner(this.#gpu, { constants: this.#constants, functions, spellsOut: true, computes: mayHaveKernels })
  }

  get stats(): GpuStats {
    const { memory, weights, pipelines, onHost, kernelNodes, arenaBytes, liveBytes } = this.#gpu
    return {
      adapter: this.#device.name,
      gpuBytes: memory.bytes,
      peakBytes: memory.peakBytes,
      weightBytes: weights.bytes,
      arenaBytes,
      liveBytes,
      pipelines: pipelines.count,
      submits: memory.submits,
      dispatches: memory.dispatches,
      uploadedBytes: memory.uploaded,
      downloadedBytes: memory.downloaded,
      kernelNodes,
      onHost,
      planMilliseconds: this.#runner.planMilliseconds,
    }
  }

  run(feeds: ReadonlyMap<string, Datum>, options: RunOptions = {}): Promise<Map<string, Datum>> {
    return this.#runs.run(feeds, options, async (data, wanted, watch) => {
      const { memory } = this.#gpu
      if (options.profile) memory.profiler = new Profiler(this.#device, options.profile)
      try {
        const results = await collect(memory, await this.#runner.run(this.#model, data, wanted, watch))
        await memory.profiler?.finish()
        return results
      } finally {
        memory.profiler = undefined
        this.#gpu.releaseHanded()
      }
    })
  }

  dispose(): void {
    this.#runner.dispose()
    this.#gpu.dispose()
    this.#constants.clear()
  }
}

/** The executor whose sessions tell what they hold and did. */
export interface GpuExecutor extends Executor {
  prepare(model: Model, options?: PrepareOptions): Promise<GpuSession>
}

/**
 * Runs models on a GPU by WebGPU: the browser's, or in Node that of the package webgpu. What a GPU can't do runs on the
 * host; `stats` lists it. Throws `executor.webgpu.*` and `ops.operator.unknown`.
 */
export const webgpuExecutor: GpuExecutor = {
  name: 'webgpu',
  async prepare(model) {
    const functions = new Functions(model)
    checkOperators(model, functions)
    return new GpuRun(model, await sharedDevice(), functions)
  },
}
