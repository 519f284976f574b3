import { unaryOperator } from './kit/elementwise.ts'
import { consumed } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Relu: Operator = unaryOperator('Relu', x => x.max(0), { widening: 'ordered', ...consumed })
