import type { Model } from '../ir/model.ts'
import type { Tensor } from '../ir/tensor.ts'
import { staticShape } from '../ir/types.ts'

/**
 * Gives inputs their value for good: they become constants and are no inputs any more, so that what hangs on them (a
 * sampling rate, a flag) is decided by `optimize`. Returns the name of the first that is not there or does not have the
 * tensor's type; the model is then as it was.
 */
export function fixInputs(model: Model, values: ReadonlyMap<string, Tensor>): string | undefined {
  const inputs = new Map(model.graph.inputs.map(v => [v.name, v]))
  for (const [name, tensor] of values) {
    const type = inputs.get(name)?.type
    if (type?.kind !== 'tensor' || type.dtype !== tensor.dtype) return name
    const shape = staticShape(type.shape)
    if (shape ? shape.join() !== tensor.shape.join() : type.shape && type.shape.length !== tensor.shape.length) return name
  }
  for (const [name, tensor] of values) {
    const value = inputs.get(name)!
    value.replaceBy(model.graph.constant(tensor, name))
    model.graph.removeInput(value)
    model.names.free(name)
  }
  return undefined
}
