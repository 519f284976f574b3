import type { Graph, Model, Value } from '../../src/ir/model.ts'
import type { Tensor } from '../../src/ir/tensor.ts'

const keyOf = (tensor: Tensor): string => `${tensor.dtype}[${tensor.shape.join()}]${tensor.key}`

/** The constants of a model in memory, equal ones once. */
export class Constants {
  readonly #known = new Map<string, Tensor>()

  /** Brings all constants of a graph and the graphs inside it into memory. */
  async load(graph: Graph): Promise<void> {
    for (const input of graph.inputs) await this.#load(input)
    for (const node of graph.allNodes()) {
      for (const v of node.inputs) if (v) await this.#load(v)
      for (const inner of node.subgraphs()) for (const v of inner.outputs) await this.#load(v)
    }
    for (const output of graph.outputs) await this.#load(output)
  }
  async #load(value: Value): Promise<void> {
    const tensor = value.constant
    if (tensor === undefined || tensor.peek() !== undefined) return
    const key = keyOf(tensor)
    if (this.#known.has(key)) return
    const bytes = await tensor.load()
    this.#known.set(key, { ...tensor, peek: () => bytes, load: async () => bytes })
  }
  /** The tensor in memory; loads it where it has not been seen. */
  async get(tensor: Tensor): Promise<Tensor> {
    if (tensor.peek() !== undefined) return tensor
    const known = this.#known.get(keyOf(tensor))
    if (known) return known
    const bytes = await tensor.load()
    return { ...tensor, peek: () => bytes, load: async () => bytes }
  }
  clear(): void {
    this.#known.clear()
  }
}

/** Loads what a model's run needs: the constants of its graph and of its functions. */
export async function loadConstants(model: Model): Promise<Constants> {
  const constants = new Constants()
  await constants.load(model.graph)
  for (const f of model.functions) await constants.load(f.graph)
  return constants
}
