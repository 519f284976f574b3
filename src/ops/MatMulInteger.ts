import { multiplyExactly } from './kit/integer-product.ts'
import { computeIntegerProduct } from './kit/matmul.ts'
import { MatMul } from './MatMul.ts'
import { tensorType } from '../ir/types.ts'
import { multiplyInDoubles } from './kit/quantize-forms.ts'
import type { Operator } from './operator.ts'

export const MatMulInteger: Operator = {
  name: 'MatMulInteger',
  widening: 'never',
  infer: ctx => MatMul.infer({ ...ctx, output: (o, _, shape) => ctx.outputType(o, tensorType('int32', shape)) }),
  compute: k => [computeIntegerProduct(k, { a: 0, aZero: 2, b: 1, bZero: 3 })],
  decompose(b, node) {
    const product = multiplyExactly(b, node)
    return product && [product]
  },
  downgrade: { 10: multiplyInDoubles },
}
