import { mulDims } from '../ir/dim.ts'
import { unaryOperator } from './kit/elementwise.ts'
import { consumed } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const Neg: Operator = unaryOperator('Neg', x => x.neg(), { onSizes: d => mulDims(-1, d), ...consumed })
