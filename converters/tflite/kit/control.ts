import { cloneGraph, cloneNode, cloneValue } from '../../../src/ir/clone.ts'
import { Graph } from '../../../src/ir/model.ts'
import type { Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { inferNode } from '../../../src/ops/infer.ts'
import type { Type } from '../../../src/ir/types.ts'
import { typeEquals } from '../../../src/ir/types.ts'
import { subgraphUnfit } from '../diagnostics.ts'
import type { TfliteOperator } from '../operator.ts'
import { optionsOf } from './attributes.ts'
import { unknownDim, dimEquals } from '../../../src/ir/dim.ts'

/** A copy of a graph for a place in that of `b` that uses outer values in the place of its inputs. */
export function capturing(b: Builder, graph: Graph, values: readonly (Value | undefined)[]): Graph {
  const copy = cloneGraph(graph, new Graph(b.graph.names, graph.name))
  for (const [i, input] of [...copy.inputs].entries()) {
    const value = values[i]
    if (input.uses.size > 0) {
      if (value === undefined) throw subgraphUnfit(b.origin, graph.name, i)
      input.replaceBy(value)
    }
    copy.removeInput(input)
  }
  return copy
}

/** The nodes of a graph put where `b` stands, with `inputs` in the place of its inputs; gives what stands for its outputs. */
export function inlined(b: Builder, graph: Graph, inputs: readonly (Value | undefined)[]): Value[] {
  const values = new Map<Value, Value>()
  for (const [i, v] of graph.inputs.entries()) {
    if (inputs[i]) values.set(v, inputs[i])
    else if (v.uses.size > 0) throw subgraphUnfit(b.origin, graph.name, i)
  }
  for (const node of graph.nodes()) {
    const copy = cloneNode(node, b.graph, values)
    b.graph.insert(copy, b.before)
    b.made.push(copy)
    inferNode(copy)
  }
  return graph.outputs.map(v => cloneValue(v, b.graph, values))
}

/** What is true of both. */
export function commonType(a: Type | undefined, b: Type | undefined): Type | undefined {
  if (a === undefined || b === undefined || typeEquals(a, b)) return a ?? b
  if (a.kind !== 'tensor' || b.kind !== 'tensor' || a.dtype !== b.dtype) return undefined
  const other = b.shape
  return { ...a, shape: a.shape && other && a.shape.length === other.length ? a.shape.map((d, i) => (dimEquals(d, other[i]!) ? d : unknownDim())) : undefined }
}

/** What an operator means that is a subgraph, its attribute `name`, on the same inputs. */
export const asSubgraph = (name: string): Pick<TfliteOperator, 'infer' | 'decompose'> => ({
  infer(ctx) {
    const types = Array.from({ length: ctx.inputCount }, (_, i) => ctx.type(i))
    ctx.subgraph(ctx.attributes.graph(name), types).forEach((t, i) => ctx.outputType(i, t))
  },
  decompose: (b, node) => inlined(b, optionsOf(node).graph(name), node.inputs),
})
