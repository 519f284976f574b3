import type { EvaluateContext } from '../operator.ts'
import type { Rows } from './scores.ts'

/** The sums of features times coefficients, plus intercepts, of one row: one for each of `targets`. */
export function linearSums(ctx: EvaluateContext, { numbers, features }: Rows, row: number, targets: number): number[] {
  const [coefficients, intercepts] = [ctx.attributes.floats('coefficients') ?? [], ctx.attributes.floats('intercepts') ?? []]
  if (targets < 1 || coefficients.length !== targets * features) ctx.fail(`${coefficients.length} coefficients for ${targets} targets and ${features} features`)
  if (intercepts.length !== 0 && intercepts.length !== targets) ctx.fail(`${intercepts.length} intercepts for ${targets} targets`)
  return Array.from({ length: targets }, (_, t) => {
    let sum = intercepts[t] ?? 0
    for (let f = 0; f < features; f++) sum += numbers[row * features + f]! * coefficients[t * features + f]!
    return sum
  })
}
