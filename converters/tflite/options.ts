import { tfliteSchema } from '../../proto/tflite.gen.ts'
import type { Attribute, Attributes, Int } from '../../src/ir/attribute.ts'
import type { Graph } from '../../src/ir/model.ts'
import { inlineTensor } from '../../src/ir/tensor.ts'
import type { FlatField, FlatTable } from '../../src/wire/flatbuffer.ts'
import { flatFields } from '../../src/wire/flatbuffer.ts'

const graphField = /^((?:\w+_)?subgraph)(?:_index)?$/
const graphsField = /^(\w+_subgraph)_indices$/

/** The attribute that stands for a field with the index of a subgraph: `then_subgraph_index` is `then_subgraph`. */
const graphName = (field: FlatField): string | undefined => {
  const found = field.kind === 'scalar' ? graphField.exec(field.name) : null
  return found?.[1]
}

/** Fields of an option table as attributes by the same names; enumerators are strings, bytes a uint8 tensor. Subgraphs are fetched by index. */
export function optionsToAttributes(table: string, value: FlatTable, graphAt: (index: number) => Graph): Attributes {
  const out: Record<string, Attribute> = {}
  for (const field of flatFields(tfliteSchema, table)) {
    const graph = graphName(field)
    const content = value[field.name]
    if (graph !== undefined) out[graph] = { type: 'graph', value: graphAt(Number(content ?? 0)) }
    else if (content === undefined) continue
    else if (graphsField.test(field.name)) out[`${graphsField.exec(field.name)![1]}s`] = { type: 'graphs', value: (content as number[]).map(graphAt) }
    else out[field.name] = toAttribute(field, content)
  }
  return out
}

function toAttribute(field: FlatField, content: unknown): Attribute {
  if (content instanceof Uint8Array) return { type: 'tensor', value: inlineTensor('uint8', [content.length], content) }
  const decimal = field.scalar === 'float' || field.scalar === 'double'
  if (field.list) {
    if (field.kind === 'enum') return { type: 'strings', value: (content as unknown[]).map(String) }
    return decimal ? { type: 'floats', value: content as number[] } : { type: 'ints', value: (content as (Int | boolean)[]).map(x => (typeof x === 'boolean' ? Number(x) : x)) }
  }
  if (typeof content === 'string') return { type: 'string', value: content }
  if (decimal) return { type: 'float', value: content as number }
  return { type: 'int', value: typeof content === 'boolean' ? Number(content) : (content as Int) }
}

/** The other way. `indexOf` gives a subgraph's index; attributes that are no fields of the table are left out. */
export function attributesToOptions(table: string, attributes: Attributes, indexOf: (graph: Graph) => number): FlatTable {
  const out: Record<string, unknown> = {}
  for (const field of flatFields(tfliteSchema, table)) {
    const graph = graphName(field)
    const list = graphsField.exec(field.name)?.[1]
    const graphs = list && `${list}s`
    const a = attributes[graph ?? graphs ?? field.name]
    if (a === undefined) continue
    if (a.type === 'graph') out[field.name] = indexOf(a.value)
    else if (a.type === 'graphs') out[field.name] = a.value.map(indexOf)
    else if (a.type === 'tensor') out[field.name] = a.value.peek()?.slice() ?? new Uint8Array(0)
    else if (field.scalar === 'bool' && a.type === 'int') out[field.name] = Number(a.value) !== 0
    else if (field.scalar === 'bool' && a.type === 'ints') out[field.name] = a.value.map(x => Number(x) !== 0)
    else out[field.name] = a.value
  }
  return out
}
