import type { Graph, Node, Value } from '../../../src/ir/model.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import { builderAt, replaceNode } from '../../../src/rewrite/edit.ts'
import type { Grain } from '../kit/grain.ts'
import { noteGrains, withGrain } from '../kit/grain.ts'

/** A place where a constant is used. */
export interface Place {
  readonly node: Node
  readonly index: number
}

/** What stands for a constant in fewer bits: integers have scales. */
export interface Stored {
  readonly tensor: Tensor
  readonly grain?: Grain
}

/** A constant of its own for `value` as it is stored now. */
export function heldAs({ tensor, grain }: Stored, value: Value, { node }: Place): Value {
  const held = node.graph!.constant(tensor, value.name)
  return grain ? withGrain(held, grain) : held
}

/** Float32 again at these places, by one DEQUANTIZE for each graph, before the first of them. */
export function putBehindDequantize(held: Value, places: readonly Place[], by: string): void {
  const real = new Map<Graph, Value>()
  for (const { node, index } of places) {
    const graph = node.graph!
    let value = real.get(graph)
    if (value === undefined) {
      value = noteGrains(builderAt(node, by).op('tflite::DEQUANTIZE', [held]).producer!.node)
      real.set(graph, value)
    }
    node.setInput(index, value)
  }
}

/** For a kernel that computes with float32 data and integer weights. `asymmetric` data keeps one more bit where it has one sign. */
export function putInto(held: Value, { node, index }: Place): void {
  node.setInput(index, held)
  node.setAttribute('asymmetric_quantize_inputs', { type: 'int', value: 1 })
  noteGrains(node)
}

/** For a kernel that only moves elements: integers out of it, float32 after it. */
export function putThrough(held: Value, grain: Grain, { node, index }: Place, by: string): void {
  const b = builderAt(node, by)
  const moved = withGrain(b.op(node.qualified, node.inputs.map((v, i) => (i === index ? held : v)), node.attributes), grain)
  noteGrains(moved.producer!.node)
  replaceNode(node, [noteGrains(b.op('tflite::DEQUANTIZE', [moved]).producer!.node)], () => true)
}

/** Gives the name of a constant that is used no more to the one that stands for it. */
export function inherit(value: Value, held: Value): void {
  if (value.uses.size > 0) return
  const { name } = value
  value.names.free(name)
  held.rename(name)
}
