import { LapidaryError } from '../diag/diagnostic.ts'
import type { Dim } from '../ir/dim.ts'
import { lowerBound } from '../ir/dim.ts'
import type { DType } from '../ir/dtype.ts'
import { bitsOf, kindOf } from '../ir/dtype.ts'
import type { Graph, Model, Node, Value } from '../ir/model.ts'
import { peekNumbers } from '../ir/tensor.ts'
import type { Shape, Type } from '../ir/types.ts'
import { readAttributes } from './attributes.ts'
import { inferInvalid } from './diagnostics.ts'
import type { InferContext } from './operator.ts'
import { inputProblem } from './inputs.ts'
import { operatorOf } from './registry.ts'

/** A list of sizes is never longer. */
const mostElements = 4096

/** The elements of an integer value as sizes: of a small constant, or what inference found. */
export function elementsOf(value: Value | undefined): readonly Dim[] | undefined {
  if (value === undefined) return undefined
  if (value.elements) return value.elements
  const tensor = value.isConstant ? value.constant : undefined
  if (tensor === undefined || tensor.shape.length > 1 || (tensor.shape[0] ?? 0) > mostElements || !['int', 'uint'].includes(kindOf(tensor.dtype))) return undefined
  return peekNumbers(tensor)
}

/** Keeps what each side knows: the new inference, and what was known before where the new one is vague. */
function refine(old: Type | undefined, found: Type | undefined): Type | undefined {
  if (found === undefined) return old
  if (old === undefined || old.kind !== found.kind) return found
  if (found.kind === 'tensor' && old.kind === 'tensor') {
    if (found.shape === undefined) return { ...found, shape: old.shape }
    const shape = old.shape
    if (shape === undefined || shape.length !== found.shape.length) return found
    return { ...found, shape: found.shape.map((d, i) => (isVague(d) ? shape[i]! : d)) }
  }
  return found
}
const isVague = (d: Dim): boolean => typeof d !== 'number' && d.text.startsWith("'?")

/** Whether an element of this dtype is surely the size that arithmetic without bounds found: no type but the signed ones of 32 bits and more holds a difference of symbols. */
function holds(dtype: DType, d: Dim): boolean {
  if (dtype === 'int64' || dtype === 'int32' || !['int', 'uint'].includes(kindOf(dtype))) return true
  if (typeof d !== 'number') return dtype === 'uint64' && lowerBound(d) >= 0
  const [least, most] = [kindOf(dtype) === 'uint' ? 0 : -(2 ** (bitsOf(dtype) - 1)), 2 ** (bitsOf(dtype) - (kindOf(dtype) === 'uint' ? 0 : 1)) - 1]
  return d >= least && d <= most
}

/**
 * States the types of a node's outputs from those of its inputs, through the operator's `infer`. Throws
 * `ir.infer.invalid`. An operator that is not known leaves its outputs as they are.
 */
export function inferNode(node: Node): void {
  const operator = operatorOf(node)
  if (operator === undefined) return
  const context = inferContext(node)
  const problem = inputProblem(node)
  if (problem !== undefined) context.fail(problem)
  operator.infer(context)
}

function inferContext(node: Node): InferContext {
  const fail = (message: string): never => {
    throw inferInvalid(node, message)
  }
  const tensorOf = (i: number) => {
    const type = node.inputs[i]?.type
    return type?.kind === 'tensor' ? type : undefined
  }
  const set = (index: number, type: Type | undefined, elements?: readonly Dim[]): void => {
    const value = node.outputs[index]
    if (!value) return
    value.type = refine(value.type, type)
    value.elements = elements && type?.kind === 'tensor' && elements.every(d => holds(type.dtype, d)) ? elements : undefined
  }
  return {
    node,
    attributes: readAttributes(node.attributes, fail),
    inputCount: node.inputs.length,
    outputCount: node.outputs.length,
    has: i => node.inputs[i] !== undefined,
    hasOutput: i => node.outputs[i] !== undefined,
    type: i => node.inputs[i]?.type,
    dtype: i => tensorOf(i)?.dtype,
    shape: i => tensorOf(i)?.shape,
    constant: i => {
      const value = node.inputs[i]
      if (value?.isConstant) return peekNumbers(value.constant)
      const known = value?.elements
      return known?.every(d => typeof d === 'number') ? (known as readonly number[]) : undefined
    },
    shapeValue: i => elementsOf(node.inputs[i]),
    output: (index, dtype: DType | undefined, shape: Shape, value) => set(index, dtype === undefined ? undefined : { kind: 'tensor', dtype, shape }, value),
    outputType: (index, type) => set(index, type),
    subgraph(graph, inputs) {
      graph.inputs.forEach((v, i) => {
        if (inputs[i]) v.type = inputs[i]
      })
      inferInside(graph)
      return graph.outputs.map(v => v.type)
    },
    fail,
  }
}

/** Infers what can be inferred. A graph inside a node may never be entered, with inputs that would contradict it: that is no error yet. */
function inferInside(graph: Graph): void {
  for (const node of graph.nodes()) {
    try {
      inferNode(node)
    } catch (error) {
      if (!(error instanceof LapidaryError)) throw error
    }
  }
}

const untyped = { type: undefined }

/** Infers every node of a graph in order; subgraphs are inferred by the nodes that hold them. */
export function inferGraph(graph: Graph): void {
  for (const node of graph.nodes()) inferNode(node)
}

/**
 * Infers a whole model, functions' bodies apart (these have no types of their own). Inputs and attributes that an operator can't do without must be there in graphs
 * inside nodes too, whether these are entered or not.
 */
export function inferModel(model: Model): void {
  for (const node of model.allNodes()) {
    if (node.graph === model.graph) continue
    const problem = inputProblem({ qualified: node.qualified, attributes: node.attributes, inputs: node.inputs.map(v => v && untyped) })
    if (problem !== undefined) throw inferInvalid(node, problem)
  }
  inferGraph(model.graph)
}
