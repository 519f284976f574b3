// One node in a model of its own, with what it takes as the model's inputs.
import { cloneNode } from '../../../dist/src/ir/clone.js'
import { Model } from '../../../dist/src/ir/model.js'
import { isTensor } from '../../../dist/src/ir/tensor.js'
import { tensorType } from '../../../dist/src/ir/types.js'
import { cpuExecutor } from '../../../dist/executors/cpu/index.js'
import { inferModel } from '../../../dist/src/ops/infer.js'

/** Values that a node's graphs use and do not make. */
export function captured(node) {
  const seen = new Set()
  const visit = graph => {
    const own = new Set(graph.inputs)
    const free = new Set()
    for (const inner of graph.nodes()) {
      for (const v of inner.inputs) if (v && !v.isConstant && !own.has(v)) free.add(v)
      for (const g of inner.subgraphs()) for (const v of visit(g)) if (!own.has(v)) free.add(v)
      for (const v of inner.outputs) if (v) own.add(v)
    }
    for (const v of graph.outputs) if (!v.isConstant && !own.has(v)) free.add(v)
    return free
  }
  for (const graph of node.subgraphs()) for (const v of visit(graph)) seen.add(v)
  return [...seen]
}

const typeOf = (value, datum) => (datum !== null && isTensor(datum) ? tensorType(datum.dtype, datum.shape) : value.type)

/** The model and its feeds. `asConstant(datum)`: which of the inputs must be constants. */
export function alone(node, datumOf, asConstant = () => false) {
  const model = new Model('alone')
  const values = new Map()
  const feeds = new Map()
  for (const value of new Set([...node.inputs.filter(v => v), ...captured(node)])) {
    const datum = datumOf(value)
    if (value.isConstant || (datum !== null && isTensor(datum) && asConstant(datum))) values.set(value, model.graph.constant(value.isConstant ? value.constant : datum, value.name))
    else {
      const input = model.graph.addInput(model.graph.value(value.name, typeOf(value, datum)))
      values.set(value, input)
      feeds.set(input.name, datum)
    }
  }
  const copy = model.graph.insert(cloneNode(node, model.graph, values))
  copy.outputs.forEach(v => {
    if (!v) return
    v.type = undefined
    v.elements = undefined
    model.graph.addOutput(v)
  })
  return { model, node: copy, feeds }
}

/** What the node gives for these inputs, at each of its outputs. */
export async function evaluateAlone(node, datumOf, precision = 'exact') {
  const single = alone(node, datumOf)
  inferModel(single.model)
  const session = await cpuExecutor.prepare(single.model, { precision })
  try {
    const results = await session.run(single.feeds)
    return single.node.outputs.map(v => v && results.get(v.name))
  } finally {
    session.dispose()
  }
}
