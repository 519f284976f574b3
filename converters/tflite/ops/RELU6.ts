import { activate } from '../kit/activation.ts'
import { unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const RELU6: TfliteOperator = unary('RELU6', (b, x) => activate(b, x, 'RELU6')!, { version: versionBy({ int8: 2, int16: 3 }) })
