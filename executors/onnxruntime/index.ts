import type { Model, Value } from '../../src/ir/model.ts'
import type { Datum } from '../../src/ir/tensor.ts'
import { fetchUnknown } from '../../src/spi/diagnostics.ts'
import type { Executor, RunOptions, Session } from '../../src/spi/executor.ts'
import { readFeeds } from '../../src/spi/feeds.ts'
import { runtimeFailed, runtimeMissing } from './diagnostics.ts'
import type { Runtime, RuntimeSession, RuntimeTensor } from './tensors.ts'
import { fromRuntime, toRuntime } from './tensors.ts'

/** Makes ONNX of a model: its bytes, or the path of a file for one that needs external data. */
export type ToOnnx = (model: Model) => Promise<Uint8Array | { readonly path: string }>

/** Its own rewriting off and one thread: what it computes is the model as it stands. */
const sessionOptions = { graphOptimizationLevel: 'disabled', intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential', logSeverityLevel: 3 }

async function loadRuntime(): Promise<Runtime> {
  try {
    const name = 'onnxruntime-node'
    const found = (await import(name)) as { default?: Runtime } & Runtime
    return found.default ?? found
  } catch {
    throw runtimeMissing()
  }
}

class RuntimeRun implements Session {
  readonly #runtime: Runtime
  readonly #model: Model
  readonly #toOnnx: ToOnnx
  readonly #sessions = new Map<string, RuntimeSession>()

  constructor(runtime: Runtime, model: Model, toOnnx: ToOnnx) {
    this.#runtime = runtime
    this.#model = model
    this.#toOnnx = toOnnx
  }

  /** A session whose outputs are the model's and these values, which the written model gets as outputs too. */
  async session(more: readonly Value[]): Promise<RuntimeSession> {
    const key = more.map(v => v.name).join('\n')
    const known = this.#sessions.get(key)
    if (known) return known
    const { graph } = this.#model
    const count = graph.outputs.length
    for (const v of more) graph.addOutput(v)
    let onnx
    try {
      onnx = await this.#toOnnx(this.#model)
    } finally {
      while (graph.outputs.length > count) graph.removeOutput(graph.outputs.length - 1)
    }
    try {
      const session = await this.#runtime.InferenceSession.create(onnx instanceof Uint8Array ? onnx : onnx.path, sessionOptions)
      this.#sessions.set(key, session)
      return session
    } catch (error) {
      throw runtimeFailed('load the model', error)
    }
  }

  async run(feeds: ReadonlyMap<string, Datum>, options: RunOptions = {}): Promise<Map<string, Datum>> {
    const { graph } = this.#model
    const given = readFeeds(graph, feeds)
    const wanted = options.fetch ?? graph.outputs.map(v => v.name)
    const outputs = new Set(graph.outputs.map(v => v.name))
    const inner = [...new Set(wanted)].filter(name => !outputs.has(name)).sort().map(name => this.#find(name))
    const session = await this.session(inner)
    const tensors: Record<string, RuntimeTensor> = {}
    for (const name of session.inputNames) {
      const datum = [...given].find(([v]) => v.name === name)?.[1]
      if (datum !== undefined) tensors[name] = await toRuntime(this.#runtime, datum)
    }
    let results
    try {
      results = await session.run(tensors, wanted)
    } catch (error) {
      throw runtimeFailed('run the model', error)
    }
    return new Map(wanted.map(name => [name, fromRuntime(results[name])]))
  }

  #find(name: string): Value {
    for (const node of this.#model.graph.nodes()) for (const v of node.outputs) if (v?.name === name) return v
    throw fetchUnknown(name)
  }

  dispose(): void {
    for (const session of this.#sessions.values()) void session.release()
    this.#sessions.clear()
  }
}

/**
 * Runs models with onnxruntime, as an oracle of its own: the package onnxruntime-node, which the user installs. Takes
 * what writes a model as ONNX. Throws `executor.onnxruntime.missing`, `.failed`, `.unsupported`.
 */
export const onnxruntimeExecutor = (toOnnx: ToOnnx): Executor => ({
  name: 'onnxruntime',
  async prepare(model: Model): Promise<Session> {
    const run = new RuntimeRun(await loadRuntime(), model, toOnnx)
    await run.session([])
    return run
  },
})
