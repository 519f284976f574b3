import { peekNumbers } from '../ir/tensor.ts'
import { elementCount } from '../ir/types.ts'
import { expandedDeterminant } from './kit/determinant-graph.ts'
import { tensorOfElements } from './kit/elements.ts'
import type { Operator } from './operator.ts'

/** By elimination with the greatest pivot of each column. */
function determinant(rows: number[][]): number {
  let product = 1
  for (let c = 0; c < rows.length; c++) {
    let pivot = c
    for (let r = c + 1; r < rows.length; r++) if (Math.abs(rows[r]![c]!) > Math.abs(rows[pivot]![c]!)) pivot = r
    if (pivot !== c) {
      ;[rows[c], rows[pivot]] = [rows[pivot]!, rows[c]!]
      product = -product
    }
    const head = rows[c]![c]!
    product *= head
    if (head === 0) return 0
    for (let r = c + 1; r < rows.length; r++) {
      const factor = rows[r]![c]! / head
      for (let k = c; k < rows.length; k++) rows[r]![k] = rows[r]![k]! - factor * rows[c]![k]!
    }
  }
  return product
}

export const Det: Operator = {
  name: 'Det',
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape && shape.length < 2) ctx.fail(`its input has rank ${shape.length}`)
    const [rows, columns] = shape?.slice(-2) ?? []
    if (typeof rows === 'number' && typeof columns === 'number' && rows !== columns) ctx.fail(`matrices of ${rows} x ${columns}`)
    ctx.output(0, ctx.dtype(0), shape?.slice(0, -2))
  },
  evaluate(ctx) {
    const x = ctx.tensor(0)
    const numbers = peekNumbers(x)!
    const size = x.shape.at(-1)!
    const shape = x.shape.slice(0, -2)
    const matrix = (m: number) => Array.from({ length: size }, (_, r) => numbers.slice((m * size + r) * size, (m * size + r + 1) * size))
    const results = Array.from({ length: elementCount(shape) }, (_, m) => determinant(matrix(m)))
    return [tensorOfElements(x.dtype, shape, results, 'float64', { saturate: true, rounding: 'up' })]
  },
  decompose(b, node) {
    const y = expandedDeterminant(b, node)
    return y && [y]
  },
}
