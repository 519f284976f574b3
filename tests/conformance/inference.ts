import type { Model, Value } from '../../src/ir/model.ts'
import type { Datum } from '../../src/ir/tensor.ts'
import { isDictionary, isTensor } from '../../src/ir/tensor.ts'
import type { Shape, Type } from '../../src/ir/types.ts'
import { typeToString } from '../../src/ir/types.ts'
import { inferModel } from '../../src/ops/infer.ts'

/** What inference finds of every value that the main graph's nodes make, from the inputs' types alone. */
export function inferredAlone(model: Model): Map<string, Type | undefined> {
  const made = [...model.graph.nodes()].flatMap(n => n.outputs.filter((v): v is Value => v !== undefined))
  for (const value of made) {
    value.type = undefined
    value.elements = undefined
  }
  inferModel(model)
  return new Map(made.map(v => [v.name, v.type]))
}

/** Lets inputs of whole numbers, bools and floats be the constants that a test feeds, so that sizes which follow from them can be inferred. */
export function holdInputs(model: Model, inputs: readonly Datum[]): void {
  model.graph.inputs.filter(v => v.constant === undefined).forEach((v, i) => {
    const datum = inputs[i]
    if (datum === undefined || datum === null || !isTensor(datum) || model.graph.outputs.includes(v)) return
    v.replaceBy(model.graph.constant(datum, v.name))
  })
}

/** A type in words; `?` stands for what is not known at all. */
export const describeType = (type: Type | undefined): string => typeToString(type).replace(/'\?[^']*'/g, '?')

export interface Unknowns {
  values: number
  noDtype: number
  noRank: number
  unknownSize: number
}

/** Adds up how much is not known of these types. */
export function countUnknowns(types: Iterable<Type | undefined>, into: Unknowns): Unknowns {
  for (const type of types) {
    const text = describeType(type)
    into.values++
    if (text === '?') into.noDtype++
    else if (text.includes('[...]')) into.noRank++
    else if (text.includes('?')) into.unknownSize++
  }
  return into
}

/** Where two shapes can't both be true; a size that is not a plain number contradicts nothing. */
const contradicts = (a: Shape, b: Shape): boolean => a !== undefined && b !== undefined && (a.length !== b.length || a.some((d, i) => typeof d === 'number' && typeof b[i] === 'number' && d !== b[i]))

/** How what was inferred stands to what is declared: undefined when it is equal or more precise. */
export function shortfall(found: Type | undefined, declared: Type | undefined): 'contradicts' | 'vaguer' | undefined {
  if (declared === undefined) return undefined
  if (found === undefined) return 'vaguer'
  if (found.kind !== declared.kind) return 'contradicts'
  if (found.kind === 'map' || declared.kind === 'map') return undefined
  if (found.kind === 'sequence' || found.kind === 'optional') return shortfall(found.of, (declared as typeof found).of)
  const wanted = declared as typeof found
  if (found.dtype !== wanted.dtype || contradicts(found.shape, wanted.shape)) return 'contradicts'
  if (wanted.shape === undefined) return undefined
  return found.shape === undefined || found.shape.some((d, i) => typeof wanted.shape![i] === 'number' && typeof d !== 'number') ? 'vaguer' : undefined
}

/** Whether a value can have this type. */
export function fits(datum: Datum, type: Type | undefined): boolean {
  if (type === undefined || datum === null || isDictionary(datum)) return true
  if (isTensor(datum)) return type.kind === 'optional' ? fits(datum, type.of) : type.kind === 'tensor' && datum.dtype === type.dtype && !contradicts(datum.shape, type.shape)
  return type.kind === 'optional' ? fits(datum, type.of) : type.kind === 'sequence' && (datum as readonly Datum[]).every(d => fits(d, type.of))
}
