import { binary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { rankOf } from '../operator.ts'

/** Integers round toward zero. */
export const DIV: TfliteOperator = binary('DIV', 'Div', { options: 'DivOptions', version: node => (node.inputs.some(v => (rankOf(v) ?? 0) > 4) ? 2 : 1), takes: { dtypes: [['float32', 'int32']], broadcastRank: 5 } })
