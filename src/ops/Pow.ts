import { kindOf } from '../ir/dtype.ts'
import type { Expr } from '../expr/expr.ts'
import { binaryOperator } from './kit/elementwise.ts'
import { become, legacyBroadcast } from './kit/versions.ts'
import { castTo, knownDType } from './kit/older.ts'
import type { Operator } from './operator.ts'

const isFloat = (e: Expr): boolean => e.type === 'float' || e.type === 'double'

/** The result is of the base's type. An integer base with a float exponent goes through doubles. */
function power(base: Expr, exponent: Expr): Expr {
  const type = isFloat(base) || !isFloat(exponent) ? base.type : 'double'
  return base.to(type).pow(exponent.to(type)).to(base.type)
}

export const Pow: Operator = binaryOperator('Pow', power, {
  upgrade: legacyBroadcast.upgrade!,
  downgrade: {
    ...legacyBroadcast.downgrade,
    12(step) {
      const { node, b } = step
      const [base, exponent] = [knownDType(step), knownDType(step, 1)]
      if (base === 'int64') return step.refuse('no float holds every int64')
      const wide = kindOf(base) !== 'float' || exponent === 'float64' ? 'float64' : exponent === 'float32' && base === 'float16' ? 'float32' : base
      if (wide === base) return node.setInput(1, castTo(b, node.inputs[1], wide))
      become(step, castTo(b, b.op('Pow', node.inputs.map(v => castTo(b, v, wide))), base))
    },
  },
})
