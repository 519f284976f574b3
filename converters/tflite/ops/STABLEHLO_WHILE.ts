import { noKernel } from '../kit/hlo.ts'
import { loop } from '../kit/loop.ts'
import type { TfliteOperator } from '../operator.ts'

export const STABLEHLO_WHILE: TfliteOperator = loop('STABLEHLO_WHILE', 'StablehloWhileOptions', noKernel)
