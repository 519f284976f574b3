import { unaryOperator } from './kit/elementwise.ts'
import type { Operator } from './operator.ts'

export const Not: Operator = unaryOperator('Not', x => x.not(), { onSizes: d => (typeof d === 'number' ? 1 - d : undefined) })
