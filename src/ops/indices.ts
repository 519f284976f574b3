import type { Node } from '../ir/model.ts'
import type { TypedArray } from '../ir/tensor.ts'
import { elementCount, staticShape } from '../ir/types.ts'
import { computeInvalid } from './diagnostics.ts'
import { attributesOf } from './meaning.ts'
import type { IndexRange, Operator } from './operator.ts'

/** An input of a node whose elements are indices. */
export interface IndexCheck {
  readonly node: Node
  readonly input: number
  readonly ranges: readonly IndexRange[]
}

/** What must hold of a node's indices before its result counts: nothing for most operators. The types of its inputs are static. */
export function indexChecks(node: Node, operator: Operator): readonly IndexCheck[] {
  if (!operator.indexed) return []
  const shape = (i: number): readonly number[] => {
    const type = node.inputs[i]?.type
    return (type?.kind === 'tensor' ? staticShape(type.shape) : undefined) ?? []
  }
  return operator
    .indexed({ attributes: attributesOf(node), has: i => node.inputs[i] !== undefined, shape })
    .filter(({ input, ranges }) => ranges.length > 0 && elementCount(shape(input)) > 0)
    .map(({ input, ranges }) => ({ node, input, ranges }))
}

/** The place of the first of every `step` elements from `start` on that lies outside a range, or -1. */
function outsideAt(elements: TypedArray, start: number, step: number, [least, end]: IndexRange): number {
  if (elements instanceof BigInt64Array || elements instanceof BigUint64Array) {
    // as pairs of words: comparing bigints is slower tenfold
    const words = new Int32Array(elements.buffer, elements.byteOffset, 2 * elements.length)
    for (let i = start; i < elements.length; i += step) {
      const low = words[2 * i]!
      if (words[2 * i + 1] !== low >> 31 || low < least || low >= end) return i
    }
    return -1
  }
  for (let i = start; i < elements.length; i += step) if (!(elements[i]! >= least && elements[i]! < end)) return i
  return -1
}

/** Throws `ops.compute.invalid` for an index that lies outside. Ranges are within 32 bits, as sizes of axes are. */
export function checkIndices({ node, input, ranges }: IndexCheck, elements: TypedArray): void {
  ranges.forEach((range, start) => {
    const at = outsideAt(elements, start, ranges.length, range)
    if (at >= 0) throw computeInvalid(node, `element ${at} of input ${input} is ${elements[at]}, an index outside [${range[0]}, ${range[1]})`)
  })
}
