import { formulaOperator } from './kit/algebra.ts'
import { consumed } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const HardSigmoid: Operator = formulaOperator('HardSigmoid', (m, [x], attributes) => m.max(m.min(m.add(m.mul(x, attributes.float('alpha', 0.2)), attributes.float('beta', 0.5)), 1), 0), consumed)
