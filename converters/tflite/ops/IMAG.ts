import { ofParts } from '../kit/complex-part.ts'
import type { TfliteOperator } from '../operator.ts'

export const IMAG: TfliteOperator = ofParts('IMAG', undefined, (_, [, imaginary]) => imaginary)
