import type { Model } from '../../src/ir/model.ts'
import type { Datum } from '../../src/ir/tensor.ts'
import type { Executor, PrepareOptions, RunOptions, Session } from '../../src/spi/executor.ts'
import { Constants, loadConstants } from '../../src/run/constants.ts'
import { Functions } from '../../src/run/functions.ts'
import { checkOperators, ModelRuns } from '../../src/run/model.ts'
import { Runner } from '../../src/run/runner.ts'
import { Interpreter, Scope } from './interpret.ts'
import { Machine } from './machine.ts'

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
  readonly #runs: ModelRuns
  readonly #fast: { readonly runner: Runner; readonly machine: Machine } | undefined

  constructor(model: Model, constants: Constants, functions: Functions, precision: 'fast' | 'exact') {
    this.#model = model
    this.#constants = constants
    this.#functions = functions
    this.#runs = new ModelRuns(model)
    if (precision === 'exact') return
    const machine = new Machine(constants)
    this.#fast = { machine, runner: new Runner(machine, { constants, functions }) }
  }

  get stats(): CpuStats | undefined {
    if (!this.#fast) return undefined
    const { machine, runner } = this.#fast
    return { memoryBytes: machine.heap.memory.buffer.byteLength, arenaBytes: machine.arenaBytes, weightBytes: machine.weights.bytes, packedBytes: machine.packedBytes, programs: machine.programs, planMilliseconds: runner.planMilliseconds }
  }

  run(feeds: ReadonlyMap<string, Datum>, options: RunOptions = {}): Promise<Map<string, Datum>> {
    return this.#runs.run(feeds, options, async (data, wanted, watch) => {
      if (this.#fast) return this.#fast.runner.run(this.#model, data, wanted, watch)
      const interpreter = new Interpreter({ constants: this.#constants, functions: this.#functions, watch })
      const scope = new Scope()
      for (const [value, datum] of data) scope.set(value, datum)
      await interpreter.run(this.#model.graph, scope, new Set(wanted))
      const out: Datum[] = []
      for (const value of wanted) out.push(await interpreter.get(value, scope))
      return out
    })
  }
  dispose(): void {
    this.#fast?.runner.dispose()
    this.#constants.clear()
  }
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
