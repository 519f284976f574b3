import type { Model, Node, Value } from '../ir/model.ts'
import type { Datum } from '../ir/tensor.ts'
import { isDictionary, isTensor } from '../ir/tensor.ts'
import { operatorUnknown } from '../ops/diagnostics.ts'
import { operatorOf } from '../ops/registry.ts'
import { fetchUnknown } from '../spi/diagnostics.ts'
import type { RunOptions } from '../spi/executor.ts'
import { readFeeds } from '../spi/feeds.ts'
import { inMemory } from './constants.ts'
import { isRunnableControl } from './control.ts'
import type { Functions } from './functions.ts'
import { Watch } from './watch.ts'

/** Throws `ops.operator.unknown` for a model that has operators without a meaning, `run.function.recursive` for one that would never end. */
export function checkOperators(model: Model, functions: Functions): void {
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

/** A datum whose tensors are in memory. */
async function residentDatum(datum: Datum): Promise<Datum> {
  if (datum === null) return null
  if (isTensor(datum)) return inMemory(datum)
  if (isDictionary(datum)) return { keys: await inMemory(datum.keys), values: await inMemory(datum.values) }
  return Promise.all(datum.map(residentDatum))
}

/** Runs of a model one after the other, with feeds checked and brought into memory and the values asked for found by name. */
export class ModelRuns {
  readonly #model: Model
  readonly #values: Map<string, Value>
  #turn: Promise<unknown> = Promise.resolve()

  constructor(model: Model) {
    this.#model = model
    this.#values = namedValues(model)
  }

  /** A run that is asked for while another goes on waits for it. `work` gives the data of `wanted`. Throws `run.feed.*`, `run.fetch.unknown`. */
  run(feeds: ReadonlyMap<string, Datum>, options: RunOptions, work: (data: ReadonlyMap<Value, Datum>, wanted: readonly Value[], watch: Watch) => Promise<readonly Datum[]>): Promise<Map<string, Datum>> {
    const run = this.#turn.then(async () => {
      const given = readFeeds(this.#model.graph, feeds)
      const wanted = (options.fetch ?? this.#model.graph.outputs.map(v => v.name)).map(name => this.#values.get(name) ?? unknown(name))
      const data = new Map<Value, Datum>()
      for (const [value, datum] of given) data.set(value, await residentDatum(datum))
      const results = await work(data, wanted, new Watch(options.signal))
      return new Map(wanted.map((v, i) => [v.name, results[i]!]))
    })
    this.#turn = run.catch(() => undefined)
    return run
  }
}

const unknown = (name: string): never => {
  throw fetchUnknown(name)
}
