import { describe, expect, it } from 'vitest'
import { fourier, fourierMatrix, rootsOfUnity, spectrumOf } from './fourier.ts'

/** Largest error of the transform of r^m, whose spectrum is (1 - r^n) / (1 - r w^k), relative to the largest value. */
function errorAt(n: number): number {
  const r = 0.9
  const [re, im] = [Float64Array.from({ length: n }, (_, m) => r ** m), new Float64Array(n)]
  fourier(n)(re, im)
  const [c, s] = rootsOfUnity(n, n)
  const top = 1 - r ** n
  let worst = 0
  for (let k = 0; k < n; k++) {
    const [a, b] = [1 - r * c[k]!, -r * s[k]!]
    const square = a * a + b * b
    worst = Math.max(worst, Math.abs(re[k]! - (top * a) / square), Math.abs(im[k]! + (top * b) / square))
  }
  return worst / (top / (1 - r))
}

describe('fourier', () => {
  it('agrees with the sum of a geometric series at every length', () => {
    for (const n of [...Array.from({ length: 70 }, (_, i) => i + 2), 97, 400, 1000, 1024, 4099, 65_536, 65_537]) expect(errorAt(n), `length ${n}`).toBeLessThan(2e-15)
  })

  it('says the same as its matrix: cut, filled, halved, real and complex, both ways', () => {
    for (const length of [1, 2, 5, 8, 9])
      for (const given of [1, 4, 5, 9])
        for (const [parts, inverse, onesided] of [[1, false, false], [2, false, false], [1, false, true], [1, true, false], [2, true, false], [1, true, true], [2, true, true]] as const) {
          const form = { given, parts, length, inverse, onesided }
          const x = Float64Array.from({ length: given * parts }, (_, i) => Math.sin(i * i + 1))
          const matrix = fourierMatrix(form)
          const count = matrix.length / x.length
          const y = new Float64Array(count)
          spectrumOf(form)(x, 0, parts, y, 0, onesided && inverse ? 1 : 2)
          for (let o = 0; o < count; o++) {
            const expected = x.reduce((sum, v, i) => sum + v * matrix[i * count + o]!, 0)
            expect(y[o], JSON.stringify({ ...form, o })).toBeCloseTo(expected, 13)
          }
        }
  })
})
