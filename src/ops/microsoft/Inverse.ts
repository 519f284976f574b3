import { peekNumbers } from '../../ir/tensor.ts'
import { elementCount } from '../../ir/types.ts'
import { tensorOfElements } from '../kit/elements.ts'
import type { Operator } from '../operator.ts'

/** Multiplications beyond which a node is refused: this many take a few seconds. */
const mostWork = 2 ** 31

/** By Gauss and Jordan's elimination with the greatest pivot of each column; infinite or NaN where there is no inverse. */
function inverted(matrix: readonly (readonly number[])[]): number[][] {
  const size = matrix.length
  const rows = matrix.map((row, r) => [...row, ...row.map((_, c) => (c === r ? 1 : 0))])
  for (let c = 0; c < size; c++) {
    let pivot = c
    for (let r = c + 1; r < size; r++) if (Math.abs(rows[r]![c]!) > Math.abs(rows[pivot]![c]!)) pivot = r
    ;[rows[c], rows[pivot]] = [rows[pivot]!, rows[c]!]
    const head = rows[c]![c]!
    rows[c] = rows[c]!.map(v => v / head)
    for (let r = 0; r < size; r++) {
      const factor = rows[r]![c]!
      if (r !== c && factor !== 0) rows[r] = rows[r]!.map((v, i) => v - factor * rows[c]![i]!)
    }
  }
  return rows.map(row => row.slice(size))
}

export const Inverse: Operator = {
  name: 'Inverse',
  domain: 'com.microsoft',
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape && shape.length < 2) ctx.fail(`its input has rank ${shape.length}`)
    const [rows, columns] = shape?.slice(-2) ?? []
    if (typeof rows === 'number' && typeof columns === 'number' && rows !== columns) ctx.fail(`matrices of ${rows} x ${columns}`)
    ctx.output(0, ctx.dtype(0), shape)
  },
  evaluate(ctx) {
    const x = ctx.tensor(0)
    const [numbers, size] = [peekNumbers(x)!, x.shape.at(-1)!]
    const count = elementCount(x.shape.slice(0, -2))
    if (2 * count * size ** 3 > mostWork) ctx.fail(`${count} matrices of ${size} x ${size} are too much work`)
    const matrix = (m: number): number[][] => Array.from({ length: size }, (_, r) => numbers.slice((m * size + r) * size, (m * size + r + 1) * size))
    const results = Array.from({ length: count }, (_, m) => inverted(matrix(m)).flat()).flat()
    return [tensorOfElements(x.dtype, x.shape, results, 'float64', { saturate: true, rounding: 'up' })]
  },
}
