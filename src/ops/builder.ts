import type { Origin } from '../diag/origin.ts'
import { nowhere } from '../diag/origin.ts'
import type { AttributeInit } from '../ir/attribute.ts'
import { attributes } from '../ir/attribute.ts'
import type { DType } from '../ir/dtype.ts'
import type { Graph, Value } from '../ir/model.ts'
import { Node } from '../ir/model.ts'
import type { Tensor } from '../ir/tensor.ts'
import { float32Tensor, inlineTensor, int64Tensor } from '../ir/tensor.ts'
import { inferNode } from './infer.ts'
import { scalarTensor } from './scalar.ts'

/** Makes nodes at one place of a graph and infers them as they are made. */
export class Builder {
  readonly graph: Graph
  readonly before: Node | undefined
  readonly origin: Origin
  /** Nodes made so far. */
  readonly made: Node[] = []
  readonly #base: string

  /** New nodes stand before `before` (or at the end) and carry `origin`; their values are named after `base`. */
  constructor(graph: Graph, before?: Node, origin: Origin = before?.origin ?? nowhere, base = before?.name ?? '') {
    this.graph = graph
    this.before = before
    this.origin = origin
    this.#base = base
  }

  /** Makes nodes at the end of another graph, with the same origin. */
  inside(graph: Graph): Builder {
    return new Builder(graph, undefined, this.origin, '')
  }

  /** A node with one output. `op` may be `domain::op`. */
  op(op: string, inputs: readonly (Value | undefined)[], init: Readonly<Record<string, AttributeInit>> = {}): Value {
    return this.ops(op, inputs, 1, init)[0]!
  }

  /** A node with `count` outputs. */
  ops(op: string, inputs: readonly (Value | undefined)[], count: number, init: Readonly<Record<string, AttributeInit>> = {}): Value[] {
    const at = op.indexOf('::')
    const node = new Node({
      op: at < 0 ? op : op.slice(at + 2),
      domain: at < 0 ? '' : op.slice(0, at),
      name: this.#base,
      inputs,
      attributes: attributes(init),
      origin: this.origin,
    })
    this.graph.insert(node, this.before)
    this.made.push(node)
    const base = this.#base === '' ? node.op : `${this.#base}/${node.op}`
    const outputs = Array.from({ length: count }, () => this.graph.value(base))
    outputs.forEach((v, i) => node.setOutput(i, v))
    inferNode(node)
    return outputs
  }

  constant(tensor: Tensor, name?: string): Value {
    return this.graph.constant(tensor, name ?? (this.#base === '' ? 'constant' : `${this.#base}/constant`))
  }
  /** int64, one axis. */
  ints(values: readonly (number | bigint)[]): Value {
    return this.constant(int64Tensor(values))
  }
  /** int64, no axes. */
  int(value: number | bigint): Value {
    return this.constant(int64Tensor([value], []))
  }
  /** float32, one axis. */
  floats(values: readonly number[]): Value {
    return this.constant(float32Tensor(values))
  }
  /** A tensor without axes of any numeric dtype. */
  scalar(value: number | bigint, dtype: DType): Value {
    return this.constant(scalarTensor(dtype, value))
  }
  bytes(dtype: DType, shape: readonly number[], bytes: Uint8Array): Value {
    return this.constant(inlineTensor(dtype, shape, bytes))
  }
}
