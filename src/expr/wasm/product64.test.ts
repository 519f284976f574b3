import { describe, expect, it } from 'vitest'
import { compileExact } from '../exact.ts'
import { input, read, stage, sum } from '../expr.ts'
import { recogniseContraction } from '../contraction.ts'

const values = (count: number, seed: number): Float64Array => Float64Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898 + seed))

describe('products in doubles, against the sums as they are defined', () => {
  for (const [batch, m, n, k] of [[1, 70, 490, 520], [1, 3, 8, 700], [2, 65, 7, 33], [3, 5, 481, 4], [1, 130, 13, 1030]] as const)
    for (const turned of [false, true])
      it(`${batch} of ${m}x${k} by ${k}x${n}${turned ? ', both transposed' : ''}`, () => {
        const a = input(turned ? [batch, k, m] : [batch, m, k], 'float64')
        const b = input(turned ? [n, k] : [k, n], 'float64')
        const c = stage([batch, m, n], 'float64', (p, i, j) => sum([k], t => read(a, turned ? [p!, t!, i!] : [p!, i!, t!]).mul(read(b, turned ? [j!, t!] : [t!, j!]))).add(1))
        expect(recogniseContraction(c, true)).toBeDefined()
        const [x, y] = [values(batch * m * k, 1), values(k * n, 2)]
        const [made] = compileExact([a, b], [c])([x, y])
        let worst = 0
        for (let p = 0; p < batch; p++)
          for (let i = 0; i < m; i++)
            for (let j = 0; j < n; j++) {
              let expected = 0
              for (let t = 0; t < k; t++) expected += x[turned ? (p * k + t) * m + i : (p * m + i) * k + t]! * y[turned ? j * k + t : t * n + j]!
              worst = Math.max(worst, Math.abs(Number(made![(p * m + i) * n + j]) - expected - 1))
            }
        expect(worst).toBeLessThan(k * 2 ** -52)
      })
})
