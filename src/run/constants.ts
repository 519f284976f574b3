import type { Graph, Model, Value } from '../ir/model.ts'
import type { Tensor } from '../ir/tensor.ts'

/** The key of a tensor's content together with its type. */
export const contentKey = (tensor: Tensor): string => `${tensor.dtype}[${tensor.shape.join()}]${tensor.key}`

/** Constants in memory, equal ones once. */
export class Constants {
  readonly #known = new Map<string, Tensor>()

  /** Brings all constants of a graph and the graphs inside it into memory. */
  async load(graph: Graph): Promise<void> {
    const see = async (value: Value | undefined): Promise<void> => {
      if (value?.constant) await this.get(value.constant)
    }
    for (const input of graph.inputs) await see(input)
    for (const node of graph.allNodes()) {
      for (const v of node.inputs) await see(v)
      for (const inner of node.subgraphs()) for (const v of inner.outputs) await see(v)
    }
    for (const output of graph.outputs) await see(output)
  }
  /** The tensor in memory, kept. */
  async get(tensor: Tensor): Promise<Tensor> {
    if (tensor.peek() !== undefined) return tensor
    const key = contentKey(tensor)
    let known = this.#known.get(key)
    if (known === undefined) this.#known.set(key, (known = await inMemory(tensor)))
    return known
  }
  clear(): void {
    this.#known.clear()
  }
}

/** The tensor in memory for as long as the result is held. */
export async function inMemory(tensor: Tensor): Promise<Tensor> {
  if (tensor.peek() !== undefined) return tensor
  const bytes = await tensor.load()
  return { ...tensor, peek: () => bytes, load: async () => bytes }
}

/** Brings the constants of a model's graph and of its functions into memory. */
export async function loadConstants(model: Model, constants: Constants): Promise<void> {
  await constants.load(model.graph)
  for (const f of model.functions) await constants.load(f.graph)
}
