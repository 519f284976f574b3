import type { Attribute, Attributes, Int } from '../ir/attribute.ts'
import type { Graph } from '../ir/model.ts'
import type { Tensor } from '../ir/tensor.ts'
import type { AttributeReader } from './operator.ts'

const decoder = new TextDecoder()
const text = (s: string | Uint8Array): string => (typeof s === 'string' ? s : decoder.decode(s))

/** Typed reading of attributes; `fail` is called for one of another type. */
export function readAttributes(attributes: Attributes, fail: (message: string) => never): AttributeReader {
  const get = (name: string, type: Attribute['type']): unknown => {
    const a = attributes[name]
    if (a === undefined) return undefined
    if (a.type === 'reference') return fail(`attribute ${name} refers to ${a.value} of a function that is not inlined`)
    if (a.type === type) return a.value
    // an empty list has no type of its own in some writers
    if (Array.isArray(a.value) && a.value.length === 0 && type.endsWith('s')) return []
    return fail(`attribute ${name} is of type ${a.type}, not ${type}`)
  }
  return {
    has: name => attributes[name] !== undefined,
    int: ((name: string, otherwise?: number) => {
      const v = get(name, 'int')
      return v === undefined ? otherwise : Number(v as Int)
    }) as AttributeReader['int'],
    float: ((name: string, otherwise?: number) => get(name, 'float') ?? otherwise) as AttributeReader['float'],
    string: ((name: string, otherwise?: string) => {
      const v = get(name, 'string')
      return v === undefined ? otherwise : text(v as string)
    }) as AttributeReader['string'],
    ints: name => (get(name, 'ints') as Int[] | undefined)?.map(Number),
    bigints: name => (get(name, 'ints') as Int[] | undefined)?.map(BigInt),
    floats: name => get(name, 'floats') as number[] | undefined,
    strings: name => (get(name, 'strings') as (string | Uint8Array)[] | undefined)?.map(text),
    tensor: name => get(name, 'tensor') as Tensor | undefined,
    graph: name => (get(name, 'graph') as Graph | undefined) ?? fail(`attribute ${name} is missing`),
  }
}
