import { float } from '../ir/attribute.ts'
import { formulaOperator } from './kit/algebra.ts'
import { become } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const HardSwish: Operator = {
  ...formulaOperator('HardSwish', (m, [x]) => m.mul(x, m.max(m.min(m.add(m.div(x, 6), 0.5), 1), 0))),
  downgrade: {
    14(step) {
      const [x] = step.node.inputs
      become(step, step.b.op('Mul', [x, step.b.op('HardSigmoid', [x], { alpha: float(1 / 6), beta: float(0.5) })]))
    },
  },
}
