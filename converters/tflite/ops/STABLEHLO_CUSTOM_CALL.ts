import { opaque } from '../kit/opaque.ts'
import type { TfliteOperator } from '../operator.ts'

export const STABLEHLO_CUSTOM_CALL: TfliteOperator = opaque('STABLEHLO_CUSTOM_CALL', 'StablehloCustomCallOptions', 'its target is outside the file')
