import { formulaOperator } from '../kit/algebra.ts'
import type { Operator } from '../operator.ts'

export const BiasAdd: Operator = formulaOperator('BiasAdd', (m, [x, bias, skip]) => m.add(m.add(x, bias!), skip!), { domain: 'com.microsoft' })
