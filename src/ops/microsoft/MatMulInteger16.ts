import { tensorType } from '../../ir/types.ts'
import { computeIntegerProduct } from '../kit/matmul.ts'
import { MatMul } from '../MatMul.ts'
import type { Operator } from '../operator.ts'

/** Products of 16-bit integers, summed in 32 bits that wrap; unsigned when both operands are. */
export const MatMulInteger16: Operator = {
  name: 'MatMulInteger16',
  domain: 'com.microsoft',
  infer(ctx) {
    const unsigned = ctx.dtype(0) === 'uint16' && ctx.dtype(1) === 'uint16'
    MatMul.infer({ ...ctx, output: (o, _, shape) => ctx.outputType(o, tensorType(unsigned ? 'uint32' : 'int32', shape)) })
  },
  compute: k => [computeIntegerProduct(k, { a: 0, aZero: 2, b: 1, bZero: 3 })],
}
