import { dtypeSets, inputForms } from '../../proto/onnx-inputs.gen.ts'
import type { Node } from '../ir/model.ts'

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
export function inputProblem(node: Node): string | undefined {
  if (!Object.hasOwn(inputForms, node.qualified)) return undefined
  const [least, forms, attributes] = inputForms[node.qualified]!
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
  return attributes === '' ? undefined : attributeProblem(node, attributes)
}

/** The attributes of an operator, by the text that tells them. */
const attributeForms = new Map<string, readonly { readonly name: string; readonly type: string; readonly required: boolean }[]>()

function formsOf(text: string): NonNullable<ReturnType<(typeof attributeForms)['get']>> {
  let forms = attributeForms.get(text)
  if (forms === undefined) {
    forms = text.split(' ').map(one => {
      const [name, type] = one.split(/[:!]/) as [string, string]
      return { name, type, required: one.endsWith('!') }
    })
    attributeForms.set(text, forms)
  }
  return forms
}

function attributeProblem(node: Node, attributes: string): string | undefined {
  for (const { name, type, required } of formsOf(attributes)) {
    const value = Object.hasOwn(node.attributes, name) ? node.attributes[name] : undefined
    if (value === undefined) {
      if (required) return `its attribute ${name} is missing`
    } else if (value.type !== 'reference' && value.type !== type && !(Array.isArray(value.value) && value.value.length === 0)) {
      return `its attribute ${name} is of type ${value.type}, not ${type}`
    }
  }
  return undefined
}
