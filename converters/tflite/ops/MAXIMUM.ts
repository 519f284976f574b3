import { maxDims } from '../../../src/ir/dim.ts'
import { binary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const MAXIMUM: TfliteOperator = binary('MAXIMUM', 'Max', { options: 'MaximumMinimumOptions', onSizes: maxDims, version: versionBy({ int8: 2, int16: 4 }) })
