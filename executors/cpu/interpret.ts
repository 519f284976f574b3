import { invariant } from '../../src/diag/diagnostic.ts'
import type { Graph, Node, Value } from '../../src/ir/model.ts'
import type { Datum, Tensor } from '../../src/ir/tensor.ts'
import { specialise } from '../../src/ops/evaluate.ts'
import { operatorOf } from '../../src/ops/registry.ts'
import type { Constants } from '../../src/run/constants.ts'
import { runControl } from '../../src/run/control.ts'
import type { Functions } from '../../src/run/functions.ts'
import { lastUses } from '../../src/run/liveness.ts'
import type { Watch } from '../../src/run/watch.ts'

/** Values by identity, and those of the graphs around. */
export class Scope {
  readonly #known = new Map<Value, Datum>()
  readonly #around: Scope | undefined
  constructor(around?: Scope) {
    this.#around = around
  }
  find(value: Value): Datum | undefined {
    const found = this.#known.get(value)
    return found !== undefined ? found : this.#around?.find(value)
  }
  set(value: Value, datum: Datum): void {
    this.#known.set(value, datum)
  }
  drop(value: Value): void {
    this.#known.delete(value)
  }
}

/** What an interpreter needs beside the graph. */
export interface Surroundings {
  readonly constants: Constants
  readonly functions: Functions
  readonly watch: Watch
}

const plans = new WeakMap<Graph, Map<Node, Value[]>>()

/** Runs graphs node by node in exact precision, values dropped after their last use. */
export class Interpreter {
  readonly #with: Surroundings
  constructor(surroundings: Surroundings) {
    this.#with = surroundings
  }

  async get(value: Value, scope: Scope): Promise<Datum> {
    const found = scope.find(value)
    if (found !== undefined) return found
    invariant(value.constant !== undefined, `${value.name} has no value`)
    return this.#with.constants.get(value.constant as Tensor)
  }

  /** Runs all nodes (up to `end`) in a scope that holds the inputs; drops what `kept` does not name. */
  async run(graph: Graph, scope: Scope, kept?: ReadonlySet<Value>, end?: Node): Promise<void> {
    let plan = kept ? undefined : plans.get(graph)
    if (plan === undefined) {
      plan = lastUses(graph, kept ?? new Set(graph.outputs))
      if (!kept) plans.set(graph, plan)
    }
    for (const node of graph.nodes()) {
      if (node === end) return
      await this.#with.watch.check()
      const inputs: (Datum | undefined)[] = []
      for (const v of node.inputs) inputs.push(v && (await this.get(v, scope)))
      const results = await this.#node(node, inputs, scope)
      node.outputs.forEach((v, i) => v && scope.set(v, results[i]!))
      for (const v of plan.get(node) ?? []) scope.drop(v)
    }
  }

  /** The outputs of a graph inside others for these inputs. */
  async body(graph: Graph, inputs: readonly (Datum | undefined)[], around?: Scope): Promise<Datum[]> {
    const scope = new Scope(around)
    graph.inputs.forEach((v, i) => inputs[i] !== undefined && scope.set(v, inputs[i]!))
    await this.run(graph, scope)
    const out: Datum[] = []
    for (const v of graph.outputs) out.push(await this.get(v, scope))
    return out
  }

  async #node(node: Node, inputs: readonly (Datum | undefined)[], scope: Scope): Promise<Datum[]> {
    const called = this.#with.functions.of(node)
    if (called) return this.body(this.#with.functions.body(node, called), inputs)
    const operator = operatorOf(node)
    if (operator?.control) return runControl(node, inputs, (graph, given) => this.body(graph, given, scope))
    if (operator?.ready) await operator.ready(node, inputs)
    const made = specialise(node, inputs)
    if (made.kind === 'function') return made.run(node, inputs)
    const inner = new Scope(scope)
    made.inputs.forEach((v, i) => v && inner.set(v, inputs[i]!))
    await this.run(made.graph, inner, new Set(made.outputs.filter(v => v !== undefined)), made.graph.last)
    const out: Datum[] = []
    for (const v of made.outputs) out.push(v ? await this.get(v, inner) : null)
    return out
  }
}
