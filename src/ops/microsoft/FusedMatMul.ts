import { fusedProduct } from '../kit/fused.ts'
import type { Operator } from '../operator.ts'

export const FusedMatMul: Operator = fusedProduct('FusedMatMul')
