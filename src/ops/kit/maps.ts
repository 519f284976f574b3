import type { Dictionary } from '../../ir/tensor.ts'
import { isDictionary } from '../../ir/tensor.ts'
import type { EvaluateContext } from '../operator.ts'
import type { Element } from './elements.ts'
import { elementsOf } from './elements.ts'

/** An input that must be a map. */
export function dictionaryAt(ctx: EvaluateContext, index: number): Dictionary {
  const datum = ctx.inputs[index]
  return datum !== undefined && isDictionary(datum) ? datum : ctx.fail(`input ${index} must be a map`)
}

/** The entries of a map whose values are single elements. */
export function entriesOf({ keys, values }: Dictionary): readonly (readonly [Element, Element])[] {
  const found = elementsOf(values)
  return elementsOf(keys).map((k, i) => [k, found[i]!])
}
