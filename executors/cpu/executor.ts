import type { Model, Node, Value } from '../../src/ir/model.ts'
import type { Datum, Tensor } from '../../src/ir/tensor.ts'
import { isDictionary } from '../../src/ir/tensor.ts'
import { operatorUnknown } from '../../src/ops/diagnostics.ts'
import { operatorOf } from '../../src/ops/registry.ts'
import type { Executor, PrepareOptions, RunOptions, Session } from '../../src/spi/executor.ts'
import { fetchUnknown } from '../../src/spi/diagnostics.ts'
import { readFeeds } from '../../src/spi/feeds.ts'
import { Constants, inMemory, loadConstants } from './constants.ts'
import { isRunnableControl } from './control.ts'
import { FastRunner } from './fast.ts'
import { Functions } from './functions.ts'
import { Interpreter, Scope, Watch } from './interpret.ts'

function checkOperators(model: Model, functions: Functions): void {
  const check = (node: Node): void => {
    if (functions.of(node)) return
    const operator = operatorOf(node)
    if (operator === undefined || (operator.control && !isRunnableControl(node))) throw operatorUnknown(node)
  }
  for (const node of model.allNodes()) check(node)
  for (const f of model.functions) for (const node of f.graph.allNodes()) check(node)
  functions.checkFinite()
}

/** The values of a model's main graph by name. */
function namedValues(model: Model): Map<string, Value> {
  const out = new Map<string, Value>()
  const see = (v: Value | undefined): void => {
    if (v) out.set(v.name, v)
  }
  model.graph.inputs.forEach(see)
  for (const node of model.graph.nodes()) {
    node.inputs.forEach(see)
    node.outputs.forEach(see)
  }
  model.graph.outputs.forEach(see)
  return out
}

/** What a fast session holds and did, in bytes and milliseconds. */
export interface CpuStats {
  /** Of the WebAssembly memory: all that follows, and what was freed. */
  readonly memoryBytes: number
  /** The most that values between operators took at once. */
  readonly arenaBytes: number
  readonly weightBytes: number
  /** Constants in the order in which kernels read them. */
  readonly packedBytes: number
  /** Different programs compiled. */
  readonly programs: number
  readonly planMilliseconds: number
}

/** A session on the CPU. */
export interface CpuSession extends Session {
  /** Undefined in exact precision. */
  readonly stats: CpuStats | undefined
}

class CpuRun implements CpuSession {
  readonly #model: Model
  readonly #constants: Constants
  readonly #functions: Functions
  readonly #values: Map<string, Value>
  readonly #fast: FastRunner | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(model: Model, constants: Constants, functions: Functions, precision: 'fast' | 'exact') {
    this.#model = model
    this.#constants = constants
    this.#functions = functions
    this.#values = namedValues(model)
    this.#fast = precision === 'fast' ? new FastRunner({ constants, functions }) : undefined
  }

  get stats(): CpuStats | undefined {
    if (!this.#fast) return undefined
    const { machine, arenaBytes, planMilliseconds } = this.#fast
    return { memoryBytes: machine.heap.memory.buffer.byteLength, arenaBytes, weightBytes: machine.weights.bytes, packedBytes: machine.packedBytes, programs: machine.programs, planMilliseconds }
  }

  /** A run that is asked for while another goes on waits for it. */
  run(feeds: ReadonlyMap<string, Datum>, options: RunOptions = {}): Promise<Map<string, Datum>> {
    const run = this.#turn.then(() => this.#run(feeds, options))
    this.#turn = run.catch(() => undefined)
    return run
  }

  async #run(feeds: ReadonlyMap<string, Datum>, options: RunOptions): Promise<Map<string, Datum>> {
    const { graph } = this.#model
    const given = readFeeds(graph, feeds)
    const wanted = (options.fetch ?? graph.outputs.map(v => v.name)).map(name => {
      const value = this.#values.get(name)
      if (value === undefined) throw fetchUnknown(name)
      return value
    })
    const watch = new Watch(options.signal)
    const data = new Map<Value, Datum>()
    for (const [value, datum] of given) data.set(value, await residentDatum(datum))
    if (this.#fast) {
      const results = await this.#fast.run(this.#model, data, wanted, watch)
      return new Map(wanted.map((v, i) => [v.name, results[i]!]))
    }
    const interpreter = new Interpreter({ constants: this.#constants, functions: this.#functions, watch })
    const scope = new Scope()
    for (const [value, datum] of data) scope.set(value, datum)
    await interpreter.run(graph, scope, new Set(wanted))
    const out = new Map<string, Datum>()
    for (const value of wanted) out.set(value.name, await interpreter.get(value, scope))
    return out
  }
  dispose(): void {
    this.#fast?.dispose()
    this.#constants.clear()
  }
}

async function residentDatum(datum: Datum): Promise<Datum> {
  if (datum === null) return null
  if (Array.isArray(datum)) return Promise.all((datum as readonly Datum[]).map(d => residentDatum(d)))
  return isDictionary(datum) ? { keys: await inMemory(datum.keys), values: await inMemory(datum.values) } : inMemory(datum as Tensor)
}

/** The executor whose sessions tell what they hold. */
export interface CpuExecutor extends Executor {
  prepare(model: Model, options?: PrepareOptions): Promise<CpuSession>
}

/** Runs models on the CPU with nothing but what is here. Throws `ops.operator.unknown` for what it can't run. */
export const cpuExecutor: CpuExecutor = {
  name: 'cpu',
  async prepare(model, options = {}) {
    const functions = new Functions(model)
    checkOperators(model, functions)
    const constants = new Constants()
    if (options.precision === 'exact') await loadConstants(model, constants)
    return new CpuRun(model, constants, functions, options.precision ?? 'fast')
  },
}
