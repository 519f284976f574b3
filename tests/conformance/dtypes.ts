import { readFileSync } from 'node:fs'
import type { DType } from '../../src/ir/dtype.ts'
import { bitsOf, kindOf } from '../../src/ir/dtype.ts'
import type { Model, Node } from '../../src/ir/model.ts'
import type { Datum, Tensor } from '../../src/ir/tensor.ts'
import { bytesOf, inlineTensor, isDictionary } from '../../src/ir/tensor.ts'
import type { Type } from '../../src/ir/types.ts'
import type { Element } from '../../src/ops/kit/elements.ts'
import { elementsOf, tensorOfElements } from '../../src/ops/kit/elements.ts'
import { floatsOf } from './compare.ts'

interface Form {
  readonly name: string
  readonly type: string
  readonly option?: 'optional' | 'variadic'
}
/** A version of an operator in the schema table. */
export interface Schema {
  readonly inputs: readonly Form[]
  readonly outputs: readonly Form[]
  readonly types: Readonly<Record<string, readonly string[]>>
  readonly attributes: Readonly<Record<string, unknown>>
  readonly deprecated?: boolean
}

const table = (JSON.parse(readFileSync(new URL('../../proto/onnx-schema.json', import.meta.url), 'utf8')) as { operators: Record<string, Record<string, readonly Schema[]>> }).operators['']!

/** The newest form of each operator of ONNX's own domain. */
export const schemas: ReadonlyMap<string, Schema> = new Map(Object.entries(table).map(([name, versions]) => [name, versions.at(-1)!]))

/** The element type in `double`, `seq(tensor(float))`, `optional(tensor(int8))`. */
export function elementOf(type: string): DType {
  const name = /(\w+)\)*$/.exec(type)![1]!
  return (name === 'double' ? 'float64' : name === 'float' ? 'float32' : name) as DType
}

/** Element types that a variable of a schema takes, each once. */
export const dtypesOf = (schema: Schema, variable: string): readonly DType[] => [...new Set((schema.types[variable] ?? [variable]).map(elementOf))]

/** The schema's variable for an input of a node. */
export const variableOf = (forms: readonly Form[], index: number): string | undefined => (forms[index] ?? (forms.at(-1)?.option === 'variadic' ? forms.at(-1) : undefined))?.type

const rangeOf = (dtype: DType): [number, number] => {
  const bits = bitsOf(dtype)
  return kindOf(dtype) === 'int' ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1]
}

function numbersOf(tensor: Tensor): Element[] {
  if (kindOf(tensor.dtype) === 'complex') return floatsOf(tensor).filter((_, i) => i % 2 === 0)
  return [...elementsOf(tensor)]
}

function converted(elements: readonly Element[], dtype: DType): Element[] {
  const numbers = elements.map((x, i) => (typeof x === 'string' ? (Number.isNaN(Number(x)) ? i : Number(x)) : Number(x)))
  if (kindOf(dtype) === 'float') return dtype === 'float8e8m0' ? numbers.map(x => 2 ** Math.round(Math.log2(Math.abs(x) || 1))) : numbers
  if (kindOf(dtype) === 'bool') {
    const middle = numbers.every(x => x === 0 || x === 1) ? 0.5 : numbers.reduce((a, b) => a + b, 0) / (numbers.length || 1)
    return numbers.map(x => (x > middle ? 1 : 0))
  }
  const [low, high] = rangeOf(dtype)
  const fractions = numbers.some(x => !Number.isInteger(x))
  const stretch = fractions && numbers.every(x => Math.abs(x) < 4) ? 4 : 1
  return numbers.map(x => {
    const n = Number.isFinite(x) ? Math.round(x * stretch) : 1
    return Math.min(high, Math.max(low, kindOf(dtype) === 'uint' ? Math.abs(n) : n))
  })
}

/** About the same elements in another type: rounded, clipped, texts of numbers. `offset` is added to 64-bit integers. */
export function inDType(tensor: Tensor, dtype: DType, offset = 0n): Tensor {
  if (tensor.dtype === dtype && offset === 0n) return tensor
  const elements = numbersOf(tensor)
  if (kindOf(dtype) === 'complex') {
    const pairs = converted(elements, 'float32').flatMap(x => [Number(x), Number(x) / 2])
    return inlineTensor(dtype, tensor.shape, bytesOf(dtype === 'complex64' ? Float32Array.from(pairs) : Float64Array.from(pairs)))
  }
  if (dtype === 'string') return tensorOfElements(dtype, tensor.shape, elements, tensor.dtype === 'string' ? 'string' : 'float64', { saturate: true, rounding: 'nearest' })
  if (bitsOf(dtype) === 64 && kindOf(dtype) !== 'float' && elements.length > 0 && elements.every(x => typeof x === 'bigint') && offset === 0n) return inlineTensor(dtype, tensor.shape, tensor.peek()!)
  const more = converted(elements, dtype).map(x => (offset === 0n ? x : BigInt(x) + offset))
  return tensorOfElements(dtype, tensor.shape, more, 'float64', { saturate: true, rounding: 'nearest' })
}

export const datumIn = (datum: Datum, dtype: DType, offset = 0n): Datum => {
  if (datum === null) return null
  if (Array.isArray(datum)) return (datum as readonly Datum[]).map(d => datumIn(d, dtype, offset))
  return isDictionary(datum) ? datum : inDType(datum as Tensor, dtype, offset)
}

/** A type with another element type. */
export function typeIn(type: Type | undefined, dtype: DType): Type | undefined {
  if (type === undefined || type.kind === 'tensor') return type && { ...type, dtype }
  return 'of' in type && type.kind !== 'map' ? ({ ...type, of: typeIn(type.of, dtype) } as Type) : type
}

/** Changes the element type of what a node's variables of these names stand for, in the model and in its feeds. */
export function retype(model: Model, node: Node, schema: Schema, variables: readonly string[], dtype: DType, inputs: readonly Datum[], offset = 0n): Map<string, Datum> {
  const chosen = new Set<unknown>()
  node.inputs.forEach((v, i) => {
    const variable = variableOf(schema.inputs, i)
    if (!v || !variable || !variables.includes(variable) || chosen.has(v)) return
    chosen.add(v)
    v.type = typeIn(v.type, dtype)
    if (v.constant) v.constant = inDType(v.constant as Tensor, dtype, offset)
  })
  for (const v of node.outputs) if (v) v.type = undefined
  const fed = model.graph.inputs.filter(v => v.constant === undefined)
  return new Map(inputs.map((datum, i) => [fed[i]!.name, chosen.has(fed[i]) ? datumIn(datum, dtype, offset) : datum]))
}

/** Steps between numbers of a dtype near 1. */
const steps: Partial<Record<DType, number>> = { float16: 2 ** -10, bfloat16: 2 ** -7, float8e4m3fn: 2 ** -3, float8e4m3fnuz: 2 ** -3, float8e5m2: 2 ** -2, float8e5m2fnuz: 2 ** -2, float4e2m1: 2 ** -1, float8e8m0: 1 }

/** What differs of a result and of that which a wider type gives, beyond what rounding each step may. Integers wrap. */
export function differs(actual: Tensor, wide: Tensor): string | undefined {
  if (actual.shape.join() !== wide.shape.join()) return `shape [${actual.shape.join()}], not [${wide.shape.join()}]`
  const [a, b] = [numbersOf(actual), numbersOf(wide)]
  const { dtype } = actual
  if (kindOf(dtype) === 'int' || kindOf(dtype) === 'uint') {
    const wrap = (x: Element): bigint => {
      const n = typeof x === 'bigint' ? x : BigInt(Math.trunc(Number.isFinite(Number(x)) ? Number(x) : 0))
      return kindOf(dtype) === 'int' ? BigInt.asIntN(bitsOf(dtype), n) : BigInt.asUintN(bitsOf(dtype), n)
    }
    const at = a.findIndex((x, i) => wrap(x) !== wrap(b[i]!))
    return at < 0 ? undefined : `element ${at} is ${a[at]}, not ${b[at]}`
  }
  if (dtype === 'string' || dtype === 'bool') {
    const at = a.findIndex((x, i) => (dtype === 'string' ? x !== b[i] : Boolean(x) !== Boolean(b[i])))
    return at < 0 ? undefined : `element ${at} is ${a[at]}, not ${b[at]}`
  }
  const size = Math.max(1, ...b.map(Number).filter(Number.isFinite).map(Math.abs))
  const tolerance = 6 * (steps[dtype] ?? 2 ** -20) * size
  const at = a.findIndex((x, i) => {
    const [p, q] = [Number(x), Number(b[i]!)]
    return !(p === q || (Number.isNaN(p) && Number.isNaN(q)) || Math.abs(p - q) <= tolerance || (steps[dtype] !== undefined && Math.abs(q) > 100 && Math.abs(p) > 100 && Math.sign(p) === Math.sign(q)))
  })
  return at < 0 ? undefined : `element ${at} is ${a[at]}, not ${b[at]}`
}

