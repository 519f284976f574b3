import { skipOperator } from '../kit/skip.ts'
import { rootMeanSquare } from '../kit/root-mean-square.ts'
import { shapeOf } from '../kit/algebra.ts'
import type { Operator } from '../operator.ts'

/** Normalizes by the root of the mean square, so there is no mean to give. */
export const SkipSimplifiedLayerNormalization: Operator = skipOperator('SkipSimplifiedLayerNormalization', 3, (b, sum, [, , gamma], epsilon, wanted) => {
  const rank = shapeOf(sum)?.length
  if (rank === undefined || wanted[1]) return undefined
  const made = rootMeanSquare(b, [sum, gamma], { axes: [rank - 1], epsilon: epsilon.value as number, stash: 'float32', inverse: wanted[2] === true })
  return made && [made[0], undefined, made[1]]
})
