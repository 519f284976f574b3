import { ofParts } from '../kit/complex-part.ts'
import type { TfliteOperator } from '../operator.ts'

export const REAL: TfliteOperator = ofParts('REAL', undefined, (_, [real]) => real)
