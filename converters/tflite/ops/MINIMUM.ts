import { minDims } from '../../../src/ir/dim.ts'
import { binary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const MINIMUM: TfliteOperator = binary('MINIMUM', 'Min', { options: 'MaximumMinimumOptions', onSizes: minDims, version: versionBy({ int8: 2, int16: 4 }) })
