import { read, stage } from '../../expr/expr.ts'
import { elementCount, tensorType } from '../../ir/types.ts'
import { shapeOf } from '../kit/algebra.ts'
import { readBroadcast } from '../kit/broadcast.ts'
import { computeIntegerProduct } from '../kit/matmul.ts'
import { only, single } from '../kit/requantize.ts'
import { MatMul } from '../MatMul.ts'
import type { Operator } from '../operator.ts'

/** Inputs: A, B, their scales, their zero points, and a bias for each column. What belongs to B is one number or one for each column. */
export const MatMulIntegerToFloat: Operator = {
  name: 'MatMulIntegerToFloat',
  domain: 'com.microsoft',
  infer(ctx) {
    const dtype = ctx.dtype(2)
    MatMul.infer({ ...ctx, output: (o, _, shape) => ctx.outputType(o, dtype && tensorType(dtype, shape)) })
  },
  compute(k) {
    const sums = computeIntegerProduct(k, { a: 0, aZero: 4, b: 1, bZero: 5 })
    const [a, b] = [k.input(2), k.input(3)]
    const bias = k.has(6) ? k.input(6) : undefined
    const several = elementCount(b.shape) > 1
    const unit = stage(several ? b.shape : [], 'float32', (...i) => only(a).mul(several ? read(b, i) : only(b)))
    return [
      stage(sums.shape, k.outputDType(0), (...i) => {
        const scaled = single(single(read(sums, i)).mul(readBroadcast(unit, i)))
        return bias ? scaled.add(readBroadcast(bias, i)) : scaled
      }),
    ]
  },
  decompose(b, node) {
    const [x, w, xScale, wScale, xZero, wZero, bias] = node.inputs
    const columns = shapeOf(w)?.length
    if (columns === undefined) return undefined
    const product = b.op('MatMul', [b.op('DequantizeLinear', [x, xScale, xZero]), b.op('DequantizeLinear', [w, wScale, wZero], { axis: columns - 1 })])
    return [bias ? b.op('Add', [product, bias]) : product]
  },
}
