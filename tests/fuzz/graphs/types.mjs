// What inference says of a value against what the value is.
import { dimToString, substituteDim, symbolsOf } from '../../../dist/src/ir/dim.js'
import { isTensor } from '../../../dist/src/ir/tensor.js'
import { typeToString } from '../../../dist/src/ir/types.js'
import { elementsOf } from './elements.mjs'

/** A size against a number: symbols that have no number yet get it. Undefined when they agree. */
function sizeProblem(dim, size, bound) {
  const left = substituteDim(dim, bound)
  if (typeof left === 'number') return left === size ? undefined : `${dimToString(dim)} is ${left}, not ${size}`
  const symbols = [...symbolsOf(left)]
  if (symbols.length === 1 && dimToString(left).replaceAll("'", '') === symbols[0]) bound.set(symbols[0], size)
  return undefined
}

/** What is wrong with the type (and the elements known) of a value that holds this datum. `bound`: sizes of symbols so far. */
export function typeProblem(value, datum, bound) {
  const { type } = value
  if (type === undefined || datum === undefined) return undefined
  if (datum === null || !isTensor(datum)) {
    const outer = type.kind === 'optional' && type.of ? type.of : type
    return datum === null || outer.kind === 'sequence' ? undefined : `inferred ${typeToString(type)}, is a sequence`
  }
  const plain = type.kind === 'optional' ? type.of : type
  if (plain.kind !== 'tensor') return `inferred ${typeToString(type)}, is a tensor`
  if (plain.dtype !== datum.dtype) return `inferred ${typeToString(type)}, is ${datum.dtype}`
  if (plain.shape === undefined) return undefined
  if (plain.shape.length !== datum.shape.length) return `inferred ${typeToString(type)}, is [${datum.shape}]`
  for (const [i, dim] of plain.shape.entries()) {
    const problem = sizeProblem(dim, datum.shape[i], bound)
    if (problem) return `inferred ${typeToString(type)}, is [${datum.shape}]: ${problem}`
  }
  const known = value.elements
  if (!known) return undefined
  const elements = elementsOf(datum).map(Number)
  if (known.length !== elements.length) return `${known.length} elements known of ${elements.length}`
  for (const [i, dim] of known.entries()) {
    const problem = sizeProblem(dim, elements[i], bound)
    if (problem) return `element ${i}: ${problem}`
  }
  return undefined
}
