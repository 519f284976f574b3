import type { Graph, Model, Value } from '../ir/model.ts'
import type { Datum, Tensor } from '../ir/tensor.ts'
import { isTensor, peekNumbers } from '../ir/tensor.ts'
import type { Type } from '../ir/types.ts'
import { typeToString } from '../ir/types.ts'
import { typeOfDatum } from '../ops/evaluate.ts'
import { carriedOutputs, runControl } from './control.ts'
import type { Backend, Segment } from './backend.ts'
import { frontierOf, planStretch } from './plan.ts'
import type { ControlStep, Frontier, PlanContext } from './plan.ts'
import type { Watch } from './watch.ts'

/** Plans kept for different inputs of one graph; the least recently used goes. */
const plansKept = 8
/** Continuations kept after one data-dependent place. */
const continuationsKept = 16

type Given = ReadonlyMap<Value, Datum | Type | undefined>

const keyOf = (datum: Datum | Type | undefined): string =>
  datum === undefined || datum === null
    ? '-'
    : 'kind' in datum
      ? typeToString(datum)
      : isTensor(datum)
        ? `${datum.dtype}[${datum.shape.join()}]=${datum.strings?.join('\n') ?? peekNumbers(datum)?.join() ?? datum.key}`
        : typeToString(typeOfDatum(datum))

/** Compiled stretches by what decided their form, each with those that may follow it. */
class PlanTree {
  readonly #nodes = new Map<string, Planned>()
  readonly #limit: number
  readonly #backend: Backend
  constructor(limit: number, backend: Backend) {
    this.#limit = limit
    this.#backend = backend
  }
  async find(key: string, make: () => Promise<Planned>): Promise<Planned> {
    const known = this.#nodes.get(key)
    if (known) {
      this.#nodes.delete(key)
      this.#nodes.set(key, known)
      return known
    }
    while (this.#nodes.size >= this.#limit || (this.#nodes.size > 0 && this.#backend.crowded)) {
      const [oldest, planned] = this.#nodes.entries().next().value!
      this.#nodes.delete(oldest)
      planned.release()
    }
    const made = await make()
    this.#nodes.set(key, made)
    return made
  }
  release(): void {
    for (const planned of this.#nodes.values()) planned.release()
    this.#nodes.clear()
  }
}

class Planned {
  readonly segment: Segment
  readonly after: PlanTree
  /** Plans of the graphs inside control flow, by the node and graph. */
  readonly bodies = new Map<ControlStep, Map<Graph, PlanTree>>()
  readonly #backend: Backend
  constructor(segment: Segment, backend: Backend) {
    this.segment = segment
    this.#backend = backend
    this.after = new PlanTree(continuationsKept, backend)
  }
  body(step: ControlStep, graph: Graph): PlanTree {
    let graphs = this.bodies.get(step)
    if (!graphs) this.bodies.set(step, (graphs = new Map<Graph, PlanTree>()))
    let tree = graphs.get(graph)
    if (!tree) graphs.set(graph, (tree = new PlanTree(plansKept, this.#backend)))
    return tree
  }
  release(): void {
    this.segment.release()
    this.after.release()
    for (const graphs of this.bodies.values()) for (const tree of graphs.values()) tree.release()
  }
}

/** Runs graphs on a backend: plans for the shapes at hand, compiled and kept. */
export class Runner {
  planMilliseconds = 0
  readonly #backend: Backend
  readonly #with: PlanContext
  readonly #trees = new Map<string, PlanTree>()

  constructor(backend: Backend, context: PlanContext) {
    this.#backend = backend
    this.#with = context
  }

  /** The values asked for (of the model's main graph), for data of its inputs. */
  async run(model: Model, inputs: ReadonlyMap<Value, Datum>, wanted: readonly Value[], watch: Watch): Promise<Datum[]> {
    const key = wanted.map(v => v.name).join('\n')
    let tree = this.#trees.get(key)
    if (!tree) this.#trees.set(key, (tree = new PlanTree(plansKept, this.#backend)))
    return this.#graph(model.graph, tree, inputs, new Map(), wanted, watch)
  }

  async #graph(graph: Graph, tree: PlanTree, data: ReadonlyMap<Value, Datum>, fixed: ReadonlyMap<Value, Tensor>, wanted: readonly Value[], watch: Watch): Promise<Datum[]> {
    let frontier: Frontier | undefined
    let have: ReadonlyMap<Value, Datum> = data
    let given: Given = new Map([...data].map(([v, d]) => [v, typeOfDatum(d, v.type)]))
    let more: Given = fixed
    let at = tree
    for (;;) {
      const key = [...given.values()].map(keyOf).join(';')
      const planned = await at.find(key, () => this.#plan(frontier ?? frontierOf(graph), new Map([...given, ...more]), wanted))
      const { segment } = planned
      const { stretch } = segment
      const env = new Map<Value, Datum>()
      for (const [from, value] of stretch.inputs) env.set(value, have.get(from)!)
      const before = have
      have = await segment.run(env, (step, inputs, around) => this.#control(planned, step, inputs, around, watch), () => watch.check())
      if (before !== data) this.#backend.release?.(before.values(), [...have.values(), ...data.values()])
      if (stretch.wanted) return Promise.all(stretch.wanted.map(v => (v.isConstant ? this.#with.constants.get(v.constant!) : have.get(v)!)))
      const demanded = new Set(stretch.demanded)
      given = new Map([...have].map(([v, d]) => [v, demanded.has(v) ? d : typeOfDatum(d, v.type)]))
      more = new Map()
      frontier = stretch.rest!
      at = planned.after
    }
  }

  async #plan(frontier: Frontier, given: Given, wanted: readonly Value[]): Promise<Planned> {
    const start = performance.now()
    const segment = await this.#backend.prepare(await planStretch(frontier, given, wanted, this.#with))
    this.planMilliseconds += performance.now() - start
    return new Planned(segment, this.#backend)
  }

  #control(planned: Planned, step: ControlStep, inputs: readonly (Datum | undefined)[], around: ReadonlyMap<Value, Datum>, watch: Watch): Promise<Datum[]> {
    const fixed = new Map<Value, Tensor>()
    const open = new Map<Value, Datum>()
    for (const [outer, value] of step.around) {
      if (value.isConstant) fixed.set(outer, value.constant!)
      else open.set(outer, around.get(outer)!)
    }
    const carried = carriedOutputs(step.node)
    let before: readonly Datum[] = []
    const gathered: Datum[] = []
    return runControl(step.node, inputs, async (graph, args) => {
      const data = new Map(open)
      graph.inputs.forEach((v, i) => args[i] !== undefined && data.set(v, args[i]!))
      const results = await this.#graph(graph, planned.body(step, graph), data, fixed, graph.outputs, watch)
      gathered.push(...results.slice(carried))
      this.#backend.release?.(before, [...results, ...gathered])
      before = results.slice(0, carried)
      return results
    }, this.#backend.slicing)
  }

  dispose(): void {
    for (const tree of this.#trees.values()) tree.release()
    this.#trees.clear()
  }
}
