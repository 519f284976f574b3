import { elementwise } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'

/** With the sign of what is divided. */
export const STABLEHLO_REMAINDER: TfliteOperator = elementwise('STABLEHLO_REMAINDER', (b, inputs) => b.op('Mod', inputs, { fmod: 1 }))
