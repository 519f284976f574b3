import { opaque } from '../kit/opaque.ts'
import type { TfliteOperator } from '../operator.ts'

export const STABLEHLO_RNG_BIT_GENERATOR: TfliteOperator = opaque('STABLEHLO_RNG_BIT_GENERATOR', 'StablehloRngBitGeneratorOptions', 'ONNX has no random bits that follow from a state')
