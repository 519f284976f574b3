import type { Expr } from '../expr/expr.ts'
import { binaryOperator } from './kit/elementwise.ts'
import { legacyBroadcast } from './kit/versions.ts'
import type { Operator } from './operator.ts'

const isFloat = (e: Expr): boolean => e.type === 'float' || e.type === 'double'

/** The result is of the base's type. An integer base with a float exponent goes through doubles. */
function power(base: Expr, exponent: Expr): Expr {
  const type = isFloat(base) || !isFloat(exponent) ? base.type : 'double'
  return base.to(type).pow(exponent.to(type)).to(base.type)
}

export const Pow: Operator = binaryOperator('Pow', power, legacyBroadcast)
