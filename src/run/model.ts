import type { Model, Node, Value } from '../ir/model.ts'
import type { Datum } from '../ir/tensor.ts'
import { isDictionary, isTensor } from '../ir/tensor.ts'
import { operatorUnknown } from '../ops/diagnostics.ts'
import { operatorOf } from '../ops/registry.ts'
import { inMemory } from './constants.ts'
import { isRunnableControl } from './control.ts'
import type { Functions } from './functions.ts'

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
export function namedValues(model: Model): Map<string, Value> {
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
export async function residentDatum(datum: Datum): Promise<Datum> {
  if (datum === null) return null
  if (isTensor(datum)) return inMemory(datum)
  if (isDictionary(datum)) return { keys: await inMemory(datum.keys), values: await inMemory(datum.values) }
  return Promise.all(datum.map(residentDatum))
}
