import type { Expr } from '../expr/expr.ts'
import { constant, select } from '../expr/expr.ts'
import { kindOf } from '../ir/dtype.ts'
import { lowerBound, modDims } from '../ir/dim.ts'
import { dtypeOf, graphAlgebra, nodeAttributes } from './kit/algebra.ts'
import { binaryOperator } from './kit/elementwise.ts'
import { knownDType } from './kit/older.ts'
import { become } from './kit/versions.ts'
import type { Operator } from './operator.ts'

/** The remainder with the divisor's sign; a zero has that sign too. */
function floorModulo(a: Expr, b: Expr): Expr {
  const r = a.rem(b)
  const zero = select(b.lt(0), constant(0, b.type).neg(), constant(0, b.type))
  return select(r.eq(0), zero, select(r.lt(0).ne(b.lt(0)).and(r.apply('isnan').not()), r.add(b), r))
}

function modulo(a: Expr, b: Expr, truncates: boolean): Expr {
  if (a.type === 'float' || a.type === 'double') return truncates ? a.rem(b) : floorModulo(a, b)
  return select(b.eq(0), 0, truncates ? a.rem(b) : a.floormod(b))
}

export const Mod: Operator = {
  ...binaryOperator('Mod', (a, b, attributes) => modulo(a, b, attributes.int('fmod', 0) !== 0), {
    onSizes: (a, b) => (lowerBound(a) >= 0 && lowerBound(b) >= 1 ? modDims(a, b) : undefined),
  }),
  /** Only `fmod` 1, exactly: the remainder of the sizes, with the dividend's sign. */
  decompose(b, node) {
    const [x, y] = node.inputs
    const dtype = dtypeOf(x)
    const m = dtype && kindOf(dtype) !== 'uint' ? graphAlgebra(b, dtype) : undefined
    if (!m || !x || !y || !nodeAttributes(node).int('fmod', 0)) return undefined
    const size = b.op('Mod', [m.abs(x), m.abs(y)])
    return [m.whereLess(x, 0, m.neg(size), size)]
  },  downgrade: {
    10(step) {
      const { node, b, attributes } = step
      const dtype = knownDType(step)
      if (kindOf(dtype) === 'float') return step.refuse('the remainder of floats came later')
      const [x, y] = node.inputs
      const rest = b.op('Sub', [x, b.op('Mul', [b.op('Div', [x, y]), y])])
      if (kindOf(dtype) === 'uint' || attributes.int('fmod', 0)) return become(step, rest)
      // a remainder and a divisor of different signs are one divisor apart
      const raised = b.op('Add', [rest, y])
      become(step, b.op('Sub', [raised, b.op('Mul', [b.op('Div', [raised, y]), y])]))
    },
  },
}
