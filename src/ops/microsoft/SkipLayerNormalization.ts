import { skipOperator } from '../kit/skip.ts'
import type { Operator } from '../operator.ts'

export const SkipLayerNormalization: Operator = skipOperator('SkipLayerNormalization', 4, (b, sum, [, , gamma, beta], epsilon, wanted) =>
  b.ops('LayerNormalization', [sum, gamma, ...(beta ? [beta] : [])], wanted[1] || wanted[2] ? 3 : 1, { epsilon }))
