import type { EvaluateContext } from '../operator.ts'
import type { Rows } from './scores.ts'

/** The products of a row with vectors: what a kernel is to the vectors of a support vector machine. */
export type Kernel = (rows: Rows, row: number) => Float64Array

/** The kernel of a support vector machine with `count` vectors one after the other; a linear one when there are none and the coefficients are the vectors. */
export function kernelOf(ctx: EvaluateContext, vectors: readonly number[], count: number, features: number, linear: boolean): Kernel {
  const type = linear ? 'LINEAR' : ctx.attributes.string('kernel_type', 'LINEAR')
  const [gamma = 0, shift = 0, degree = 0] = ctx.attributes.floats('kernel_params') ?? []
  if (!['LINEAR', 'POLY', 'RBF', 'SIGMOID'].includes(type)) ctx.fail(`kernel_type ${type}`)
  if (count * features !== vectors.length) ctx.fail(`${vectors.length} numbers for ${count} vectors of ${features} features`)
  return ({ numbers }, row) => {
    const out = new Float64Array(count)
    for (let v = 0; v < count; v++) {
      let sum = 0
      for (let f = 0; f < features; f++) {
        const [a, b] = [numbers[row * features + f]!, vectors[v * features + f]!]
        sum += type === 'RBF' ? (a - b) ** 2 : a * b
      }
      out[v] = type === 'RBF' ? Math.exp(-gamma * sum) : type === 'POLY' ? (gamma * sum + shift) ** degree : type === 'SIGMOID' ? Math.tanh(gamma * sum + shift) : sum
    }
    return out
  }
}

/** Probabilities of classes from those of each pair, `pairs[i][j]` of i against j (Wu, Lin and Weng 2004, their second approach). */
export function couple(pairs: readonly (readonly number[])[]): number[] {
  const count = pairs.length
  const q = pairs.map((_, i) => pairs.map((__, j) => (i === j ? pairs.reduce((sum, ___, m) => (m === i ? sum : sum + pairs[m]![i]! ** 2), 0) : -pairs[j]![i]! * pairs[i]![j]!)))
  const p = pairs.map(() => 1 / count)
  for (let round = 0; round < 100; round++) {
    const qp = q.map(row => row.reduce((sum, x, j) => sum + x * p[j]!, 0))
    let pqp = qp.reduce((sum, x, i) => sum + x * p[i]!, 0)
    if (qp.every(x => Math.abs(x - pqp) < 0.005 / count)) break
    for (let i = 0; i < count; i++) {
      const step = (pqp - qp[i]!) / q[i]![i]!
      p[i]! += step
      pqp = (pqp + step * (step * q[i]![i]! + 2 * qp[i]!)) / (1 + step) ** 2
      for (let j = 0; j < count; j++) {
        qp[j] = (qp[j]! + step * q[i]![j]!) / (1 + step)
        p[j]! /= 1 + step
      }
    }
  }
  return p
}
