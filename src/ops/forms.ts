import { formTable, typeSets } from '../../proto/onnx-forms.gen.ts'
import type { Form } from '../../proto/onnx-forms.gen.ts'
import type { DType } from '../ir/dtype.ts'
import type { Node, Value } from '../ir/model.ts'
import type { Type } from '../ir/types.ts'

/** A dtype as ONNX's schemas write it. */
export const schemaName = (dtype: DType): string => (dtype === 'float32' ? 'float' : dtype === 'float64' ? 'double' : dtype)

function typeName(type: Type, nested = false): string {
  if (type.kind === 'tensor') return nested ? `tensor(${schemaName(type.dtype)})` : schemaName(type.dtype)
  if (type.kind === 'sparse') return `sparse_tensor(${schemaName(type.dtype)})`
  if (type.kind === 'map') return `map(${schemaName(type.key)}, ${typeName(type.of, true)})`
  return `${type.kind === 'sequence' ? 'seq' : 'optional'}(${typeName(type.of, true)})`
}

const sets = typeSets.map(s => new Set(s))

const parsed = new Map<string, readonly Form[]>()

function formsOf(operator: string): readonly Form[] | undefined {
  const known = parsed.get(operator)
  const text = formTable[operator]
  if (known !== undefined || text === undefined) return known
  const forms = JSON.parse(text) as readonly Form[]
  parsed.set(operator, forms)
  return forms
}

/** The form that an operator has in an operator set; undefined when it is not known, or younger. */
export const formOf = (node: Pick<Node, 'op' | 'domain' | 'qualified'>, opset: number): Form | undefined => formsOf(node.domain === '' ? node.op : node.qualified)?.findLast(f => f[0] <= opset)

/** A place of a form: which set of types it takes, as an index; undefined where the form has no such place. */
export const setAt = (types: readonly number[], repeats: number, index: number): number | undefined => types[repeats ? Math.min(index, types.length - 1) : index]

/** True when a set of types has this one. */
export const setHas = (set: number, type: Type): boolean => sets[set]!.has(typeName(type))

/** Why a node does not fit ONNX's schema of its operator in an operator set: counts and types of inputs and outputs, names of attributes. */
export function formMisfit(node: Node, opset: number): string | undefined {
  const form = formOf(node, opset)
  if (form === undefined) return undefined
  const [, inputs, more, least, most, outputs, moreOut, leastOut, mostOut, attributes] = form
  const unknown = Object.keys(node.attributes).find(name => !attributes.includes(name))
  if (unknown !== undefined) return `it has no attribute ${unknown} there`
  const check = (what: string, values: readonly (Value | undefined)[], types: readonly number[], repeats: number, few: number, many: number): string | undefined => {
    const count = values.findLastIndex(v => v !== undefined) + 1
    if (count < few || (many >= 0 && count > many)) return `it has ${count} ${what}s, not ${few}${many === few ? '' : many < 0 ? ' or more' : ` to ${many}`}`
    for (const [i, v] of values.entries()) {
      const set = setAt(types, repeats, i)
      if (v?.type && set !== undefined && !setHas(set, v.type)) return `${what} ${i} may not be ${typeName(v.type)} there`
    }
    return undefined
  }
  return check('input', node.inputs, inputs, more, least, most) ?? check('output', node.outputs, outputs, moreOut, leastOut, mostOut)
}
