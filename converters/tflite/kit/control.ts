import type { Graph, Value } from '../../../src/ir/model.ts'
import type { Type } from '../../../src/ir/types.ts'
import { typeEquals } from '../../../src/ir/types.ts'
import { unknownDim, dimEquals } from '../../../src/ir/dim.ts'

/** Lets a graph use outer values in the place of its inputs. */
export function captureInputs(graph: Graph, values: readonly (Value | undefined)[]): void {
  for (const [i, input] of [...graph.inputs].entries()) {
    const value = values[i]
    if (value && input.uses.size > 0) input.replaceBy(value)
    graph.removeInput(input)
  }
}

/** What is true of both. */
export function commonType(a: Type | undefined, b: Type | undefined): Type | undefined {
  if (a === undefined || b === undefined || typeEquals(a, b)) return a ?? b
  if (a.kind !== 'tensor' || b.kind !== 'tensor' || a.dtype !== b.dtype) return undefined
  const other = b.shape
  return { ...a, shape: a.shape && other && a.shape.length === other.length ? a.shape.map((d, i) => (dimEquals(d, other[i]!) ? d : unknownDim())) : undefined }
}
