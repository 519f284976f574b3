import { variadicOperator } from './kit/elementwise.ts'
import { chain } from './kit/variadic.ts'
import { consumed } from './kit/versions.ts'
import { ofOneShape } from './kit/older.ts'
import type { Operator } from './operator.ts'

export const Sum: Operator = variadicOperator('Sum', (a, b) => a.add(b), { decompose: (b, node) => [chain(b, 'Add', node)], ...consumed, downgrade: { 8: ofOneShape } })
