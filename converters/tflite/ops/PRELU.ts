import { binary, floats } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'

/** Slopes broadcast against the data from the right. */
export const PRELU: TfliteOperator = binary('PRELU', 'PRelu', { takes: { dtypes: [floats], broadcastRank: 4 } })
