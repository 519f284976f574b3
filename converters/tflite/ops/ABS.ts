import { unary } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { versionBy } from '../operator.ts'

export const ABS: TfliteOperator = unary('ABS', 'Abs', { options: 'AbsOptions', version: versionBy({ int8: 2, uint8: 2, int16: 4, int32: 5 }), takes: { dtypes: [['float32', 'int32']] } })
