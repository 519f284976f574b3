import type { Node } from '../../ir/model.ts'
import type { Tensor } from '../../ir/tensor.ts'
import { inlineTensor } from '../../ir/tensor.ts'

const held = new WeakMap<Tensor, Tensor>()

/** Brings the tensors in a node's attributes into memory, for as long as these tensors live. An operator's `ready`. */
export async function holdAttributeTensors(node: Node): Promise<void> {
  for (const attribute of Object.values(node.attributes)) {
    if (attribute.type !== 'tensor' || attribute.value.strings || attribute.value.peek() !== undefined || held.has(attribute.value)) continue
    held.set(attribute.value, inlineTensor(attribute.value.dtype, attribute.value.shape, await attribute.value.load()))
  }
}

/** A tensor of an attribute in memory; fails where it is not. */
export function heldTensor(tensor: Tensor, fail: (message: string) => never): Tensor {
  if (tensor.strings || tensor.peek() !== undefined) return tensor
  return held.get(tensor) ?? fail('a tensor in an attribute is not in memory')
}
