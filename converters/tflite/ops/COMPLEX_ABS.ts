import { ofParts } from '../kit/complex-part.ts'
import type { TfliteOperator } from '../operator.ts'

export const COMPLEX_ABS: TfliteOperator = ofParts('COMPLEX_ABS', undefined, (b, [real, imaginary]) => b.op('Sqrt', [b.op('Add', [b.op('Mul', [real, real]), b.op('Mul', [imaginary, imaginary])])]))
