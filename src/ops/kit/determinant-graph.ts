import type { Node, Value } from '../../ir/model.ts'
import { staticShape } from '../../ir/types.ts'
import type { Builder } from '../builder.ts'
import { nodeAlgebra, shapeOf } from './algebra.ts'

/** Rows of the largest matrix whose determinant is said by its minors. */
const mostRows = 4

/** Det of small matrices, expanded along one row after the other: the minors of the last rows are shared. */
export function expandedDeterminant(b: Builder, node: Node): Value | undefined {
  const m = nodeAlgebra(b, node)
  const shape = staticShape(shapeOf(node.inputs[0]))
  const size = shape?.at(-1)
  if (!m || !shape || size === undefined || size < 1 || size > mostRows) return undefined
  const flat = b.op('Reshape', [node.inputs[0], b.ints([...shape.slice(0, -2), size * size])])
  const element = (r: number, c: number): Value => b.op('Gather', [flat, b.int(r * size + c)], { axis: shape.length - 2 })
  const known = new Map<number, Value>()
  /** Of the last rows in the columns of a set: as many rows as it has columns. */
  const minor = (columns: number): Value => {
    const found = known.get(columns)
    if (found) return found
    const list = Array.from({ length: size }, (_, c) => c).filter(c => columns & (1 << c))
    const row = size - list.length
    const terms = list.map(c => (list.length === 1 ? element(row, c) : m.mul(element(row, c), minor(columns & ~(1 << c)))))
    const made = terms.reduce((sum, term, i) => (i % 2 === 1 ? m.sub(sum, term) : m.add(sum, term)))
    known.set(columns, made)
    return made
  }
  return size === 1 ? b.op('Reshape', [flat, b.ints(shape.slice(0, -2))]) : minor((1 << size) - 1)
}
