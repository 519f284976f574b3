import type { Signature } from '../../proto/onnx-signatures.gen.ts'
import { signatures, typeSets } from '../../proto/onnx-signatures.gen.ts'
import type { Node } from '../ir/model.ts'
import type { Type } from '../ir/types.ts'

interface Form {
  readonly least: number
  readonly most: number
  readonly inputs: readonly { readonly variable: string; readonly optional: boolean; readonly repeats: boolean; readonly free: boolean }[]
  readonly sets: ReadonlyMap<string, ReadonlySet<string>>
  readonly attributes: readonly { readonly name: string; readonly type: string; readonly required: boolean }[]
}

const forms = new Map<Signature, Form>()
const words = (text: string): string[] => (text === '' ? [] : text.split(' '))

function formOf(signature: Signature): Form {
  const known = forms.get(signature)
  if (known) return known
  const [least, most, inputs, types, attributes] = signature
  const form: Form = {
    least,
    most,
    inputs: words(inputs).map(w => ({ variable: w.replace(/\W$/, ''), optional: w.endsWith('?'), repeats: /[*~]$/.test(w), free: w.endsWith('~') })),
    sets: new Map(words(types).map(w => [w.split(':')[0]!, new Set(words(typeSets[Number(w.split(':')[1])]!).map(narrowed))])),
    attributes: words(attributes).map(w => ({ name: w.split(':')[0]!, type: w.split(':')[1]!.replace('!', ''), required: w.endsWith('!') })),
  }
  forms.set(signature, form)
  return form
}

/** Narrowing puts int32 where ONNX says int64. */
const narrowed = (type: string): string => (type === 'int64' ? 'int32' : type)
const kindOfType = (type: Type): string => (type.kind === 'tensor' ? type.dtype : type.kind)

/**
 * Holds a node against ONNX's schema of its operator at the pinned set: count of inputs, inputs left out, element types
 * and their equality, attributes that must be there and their types. So `infer` and the meanings may rely on these.
 * Operators that ONNX does not have are passed over.
 */
export function checkSignature(node: Node, fail: (message: string) => never): void {
  const table = Object.hasOwn(signatures, node.domain) ? signatures[node.domain]! : undefined
  if (!table || !Object.hasOwn(table, node.op)) return
  const form = formOf(table[node.op]!)
  const count = node.inputs.length
  if (count < form.least) fail(`it needs ${form.least} input${form.least === 1 ? '' : 's'} and has ${count}`)
  if (count > form.most) fail(`it takes ${form.most} input${form.most === 1 ? '' : 's'} and has ${count}`)
  const bound = new Map<string, string>()
  for (let i = 0; i < count; i++) {
    const input = form.inputs[i] ?? form.inputs.at(-1)!
    const value = node.inputs[i]
    if (value === undefined) {
      if (i < form.least && !input.optional && !input.repeats) fail(`input ${i} is left out`)
      continue
    }
    if (value.type === undefined) continue
    const kind = kindOfType(value.type)
    const set = form.sets.get(input.variable)
    if (set && !set.has(narrowed(kind))) fail(`input ${i} can't be of type ${kind}`)
    const other = bound.get(input.variable)
    if (other !== undefined && narrowed(other) !== narrowed(kind) && !input.free) fail(`inputs must be of one type and are ${other} and ${kind}`)
    bound.set(input.variable, kind)
  }
  for (const { name, type, required } of form.attributes) {
    const attribute = Object.hasOwn(node.attributes, name) ? node.attributes[name] : undefined
    if (attribute === undefined) {
      if (required) fail(`attribute ${name} is missing`)
    } else if (attribute.type !== 'reference' && attribute.type !== type && !(Array.isArray(attribute.value) && attribute.value.length === 0)) {
      fail(`attribute ${name} is of type ${attribute.type}, not ${type}`)
    }
  }
}
