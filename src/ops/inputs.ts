import { dtypeSets, inputForms } from '../../proto/onnx-inputs.gen.ts'
import type { OperatorForm } from '../../proto/onnx-inputs.gen.ts'
import type { Node, Value } from '../ir/model.ts'

const sets = dtypeSets.map(text => new Set(text.split(' ').map(narrowed)))

/** Narrowing puts int32 where ONNX says int64. */
function narrowed(type: string): string {
  return type === 'int64' ? 'int32' : type
}

/**
 * What is wrong with a node's inputs or attributes by ONNX's schema of the operator: their number, those left out, their
 * types as far as these are known, attributes that must be there and their types. Undefined when nothing is, or the
 * operator is none of ONNX's.
 */
export function inputProblem(node: Pick<Node, 'qualified' | 'attributes'> & { readonly inputs: readonly (Pick<Value, 'type'> | undefined)[] }): string | undefined {
  const known = formOf(node.qualified)
  if (known === undefined) return undefined
  const [least, forms, attributes] = known
  const given = node.inputs
  if (given.length < least) return `it has ${given.length} inputs, not at least ${least}`
  const bound = new Map<string, { readonly type: string; readonly name: string }>()
  for (const [i, value] of given.entries()) {
    const last = forms.at(-1)
    const form = forms[i] ?? (last?.[3] === 'many' || last?.[3] === 'any' ? last : undefined)
    if (form === undefined) {
      if (value) return `it has ${given.length} inputs, not at most ${forms.length}`
      continue
    }
    const [name, variable, set, count] = form
    if (value === undefined) {
      if (count === 'one' && i < least) return `its input ${name} is missing`
      continue
    }
    if (value.type === undefined) continue
    const type = value.type.kind === 'tensor' ? value.type.dtype : value.type.kind
    if (!sets[set]!.has(narrowed(type))) return `its input ${name} is ${type}`
    const other = count === 'any' ? undefined : bound.get(variable)
    if (other && narrowed(other.type) !== narrowed(type)) return `its inputs ${other.name} and ${name} are ${other.type} and ${type}, which must be the same`
    bound.set(variable, { type, name })
  }
  return attributeProblem(node, attributes)
}

const parsed = new Map<string, OperatorForm>()

function formOf(operator: string): OperatorForm | undefined {
  const known = parsed.get(operator)
  const text = inputForms[operator]
  if (known !== undefined || text === undefined) return known
  const form = JSON.parse(text) as OperatorForm
  parsed.set(operator, form)
  return form
}

function attributeProblem(node: Pick<Node, 'attributes'>, attributes: OperatorForm[2]): string | undefined {
  for (const [name, type, required] of attributes) {
    const value = Object.hasOwn(node.attributes, name) ? node.attributes[name] : undefined
    if (value === undefined) {
      if (required) return `its attribute ${name} is missing`
    } else if (value.type !== 'reference' && value.type !== type && !(Array.isArray(value.value) && value.value.length === 0)) {
      return `its attribute ${name} is of type ${value.type}, not ${type}`
    }
  }
  return undefined
}
