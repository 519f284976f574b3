import { Log } from '../../diag/diagnostic.ts'
import type { Graph, Value } from '../../ir/model.ts'
import { Model } from '../../ir/model.ts'
import type { Datum, Tensor } from '../../ir/tensor.ts'
import { float32Tensor, isTensor, rangeTensor, viewOf } from '../../ir/tensor.ts'
import { tensorType } from '../../ir/types.ts'
import { verify } from '../../ir/verify.ts'
import { Builder } from '../../ops/builder.ts'
import { evaluateNode } from '../../ops/evaluate.ts'
import type { Refusal } from '../../rewrite/apply.ts'
import type { Make } from '../../rewrite/pattern.ts'
import { makeWith } from '../../rewrite/pattern.ts'
import type { Pass } from '../pass.ts'

/** Numbers between -1 and 1, the same for the same seed (a linear congruential generator, constants of Numerical Recipes). */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  }
}
const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)
/** Uniform noise between `low` and `high`, the same for the same seed. */
export const noise = (shape: readonly number[], seed: number, low = -1, high = 1): Tensor => {
  const next = random(seed)
  return float32Tensor(Array.from({ length: count(shape) }, () => low + ((next() + 1) / 2) * (high - low)), shape)
}
/** The same tensor as one that is not in memory. */
export function onDisk(tensor: Tensor, name = 'weights'): Tensor {
  const bytes = tensor.peek()!
  return rangeTensor(tensor.dtype, tensor.shape, { name: `${name}${tensor.key}`, size: bytes.length, read: async (a, b) => bytes.subarray(a, b) }, 0)
}

/** A model with one float32 input `x` and what `build` makes of it as outputs. */
export function modelOf(shape: Parameters<typeof tensorType>[1], build: (make: Make, x: Value) => Value | readonly Value[]): Model {
  const model = new Model('test')
  const x = model.graph.addInput(model.graph.value('x', tensorType('float32', shape)))
  const out = build(makeWith(new Builder(model.graph, undefined, { format: 'onnx', path: '/test' }, 'test')), x)
  for (const v of Array.isArray(out) ? (out as readonly Value[]) : [out as Value]) model.graph.addOutput(v)
  return model
}
/** Qualified names of all nodes, in order. */
export const ops = (model: Model): string[] => [...model.allNodes()].map(n => n.qualified)

/** Runs a graph node by node in exact precision. Loads weights as it goes. */
export async function runGraph(graph: Graph, feeds: ReadonlyMap<Value, Datum>): Promise<Datum[]> {
  const known = new Map(feeds)
  const get = async (v: Value): Promise<Datum> => {
    const found = known.get(v)
    if (found !== undefined) return found
    const t = v.constant!
    const bytes = await t.load()
    return { ...t, peek: () => bytes }
  }
  for (const node of graph.nodes()) {
    const inputs = await Promise.all(node.inputs.map(async v => (v === undefined ? undefined : get(v))))
    evaluateNode(node, inputs).forEach((d, i) => node.outputs[i] && known.set(node.outputs[i], d))
  }
  return Promise.all(graph.outputs.map(get))
}

/** Runs a model of one input; each output's elements as doubles. */
export async function runModel(model: Model, x: Tensor): Promise<Float64Array[]> {
  const results = await runGraph(model.graph, new Map([[model.graph.inputs[0]!, x]]))
  return results.map(d => (isTensor(d) ? Float64Array.from(viewOf(d.dtype, d.peek()!) as Iterable<number>, Number) : new Float64Array(0)))
}

/** |a - b| / |b| in the Euclidean norm. */
export function relativeError(a: Float64Array, b: Float64Array): number {
  if (a.length !== b.length) return Infinity
  let [difference, size] = [0, 0]
  a.forEach((v, i) => {
    difference += (v - b[i]!) ** 2
    size += b[i]! ** 2
  })
  return Math.sqrt(difference) / Math.max(Math.sqrt(size), 1e-30)
}

/** Runs a pass on a model and gives the operators that are left, what was refused, and the largest relative error of an output. */
export async function tryPass(pass: Pass, model: Model, x?: Tensor): Promise<{ changed: boolean; ops: string[]; refusals: Refusal[]; error: number }> {
  const type = model.graph.inputs[0]!.type
  const feed = x ?? noise((type?.kind === 'tensor' ? type.shape!.map(d => (typeof d === 'number' ? d : 3)) : []), 7)
  const before = await runModel(model, feed)
  const refusals: Refusal[] = []
  const { changed } = pass.run(model, { log: new Log(), refused: r => refusals.push(r) })
  verify(model)
  const after = await runModel(model, feed)
  return { changed, ops: ops(model), refusals, error: Math.max(...after.map((a, i) => relativeError(a, before[i]!))) }
}
