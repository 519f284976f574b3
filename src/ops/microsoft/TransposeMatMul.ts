import { fusedProduct } from '../kit/fused.ts'
import type { Operator } from '../operator.ts'

/** The old name of FusedMatMul. */
export const TransposeMatMul: Operator = fusedProduct('TransposeMatMul')
