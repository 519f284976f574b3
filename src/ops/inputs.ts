import { dtypeSets, inputForms } from '../../proto/onnx-inputs.gen.ts'
import type { DType } from '../ir/dtype.ts'
import type { Node } from '../ir/model.ts'

/**
 * What is wrong with the number or dtypes of a node's inputs by ONNX's schema of the operator, as far as types are known;
 * undefined when nothing is, or the operator is none of ONNX's.
 */
export function inputProblem(node: Node): string | undefined {
  const found = inputForms[node.qualified]
  if (found === undefined) return undefined
  const [least, forms] = found
  const given = node.inputs
  if (given.length < least) return `it has ${given.length} inputs, not at least ${least}`
  const bound = new Map<string, { readonly dtype: DType; readonly name: string }>()
  for (const [i, value] of given.entries()) {
    const last = forms.at(-1)
    const form = forms[i] ?? (last?.[3] === 'many' || last?.[3] === 'any' ? last : undefined)
    if (form === undefined) return value && `it has ${given.length} inputs, not at most ${forms.length}`
    const [name, variable, set, count] = form
    if (value === undefined) {
      if (count === 'one' && i < least) return `its input ${name} is missing`
      continue
    }
    if (value.type?.kind !== 'tensor' || set < 0) continue
    const { dtype } = value.type
    if (!dtypeSets[set]!.split(' ').includes(dtype)) return `its input ${name} is ${dtype}`
    const other = count === 'any' ? undefined : bound.get(variable)
    if (other && other.dtype !== dtype) return `its inputs ${other.name} and ${name} are ${other.dtype} and ${dtype}, which must be the same`
    bound.set(variable, { dtype, name })
  }
  return undefined
}
