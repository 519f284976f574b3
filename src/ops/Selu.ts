import { float } from '../ir/attribute.ts'
import { formulaOperator } from './kit/algebra.ts'
import { stateDefault } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Selu: Operator = formulaOperator(
  'Selu',
  (m, [x], attributes) => {
    const below = m.mul(m.expm1(m.min(x, 0)), attributes.float('alpha', 1.6732632423543772))
    return m.mul(m.add(m.max(x, 0), below), attributes.float('gamma', 1.0507009873554805))
  },
  {
    upgrade: {
      6(step) {
        step.setAttribute('consumed_inputs', undefined)
        stateDefault('alpha', float(1.6732))(step)
        stateDefault('gamma', float(1.0507))(step)
      },
    },
  },
)
