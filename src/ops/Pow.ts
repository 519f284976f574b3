import type { Expr } from '../expr/expr.ts'
import { binaryOperator } from './kit/elementwise.ts'
import { legacyBroadcast } from './kit/versions.ts'
import type { Operator } from './operator.ts'

/** The result is of the base's type; an integer base goes through doubles. */
function power(base: Expr, exponent: Expr): Expr {
  const through = base.type === 'float' ? 'float' : 'double'
  return base.to(through).pow(exponent.to(through)).to(base.type)
}

export const Pow: Operator = binaryOperator('Pow', power, legacyBroadcast)
