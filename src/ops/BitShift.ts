import type { Expr } from '../expr/expr.ts'
import { constant, select } from '../expr/expr.ts'
import { binaryOperator } from './kit/elementwise.ts'
import type { Operator } from './operator.ts'

/** A shift by less than nothing is one by the whole width: only the sign is left. */
function shift(x: Expr, by: Expr, right: boolean): Expr {
  const gone = right && x.type !== 'ulong' ? select(x.lt(0), -1, constant(0, x.type)) : constant(0, x.type)
  const shifted = right ? x.shr(by) : x.shl(by)
  return by.type === 'ulong' ? shifted : select(by.lt(0), gone, shifted)
}

export const BitShift: Operator = binaryOperator('BitShift', (x, by, attributes) => shift(x, by, attributes.string('direction') === 'RIGHT'))
