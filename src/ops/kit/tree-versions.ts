import { peekNumbers } from '../../ir/tensor.ts'
import type { Operator } from '../operator.ts'

const lists = ['base_values', 'class_weights', 'nodes_hitrates', 'nodes_values', 'target_weights']

/** Version 3 brought lists of doubles, as tensors; before that there were float32 lists only. */
export const treeDowngrades: NonNullable<Operator['downgrade']> = {
  3(step) {
    for (const name of lists) {
      const tensor = step.attributes.tensor(`${name}_as_tensor`)
      if (tensor === undefined) continue
      const numbers = tensor.dtype === 'float32' ? peekNumbers(tensor) : undefined
      step.setAttribute(name, { type: 'floats', value: numbers ?? step.refuse(`${name} as a tensor came later`) })
      step.setAttribute(`${name}_as_tensor`, undefined)
    }
  },
}
