import { read, stage } from '../../expr/expr.ts'
import { readBroadcast } from '../kit/broadcast.ts'
import { quantizedBinary } from '../kit/qlinear.ts'
import { gridAt, placed, single } from '../kit/requantize.ts'
import type { Operator } from '../operator.ts'

/** The zero point is added in float32, before rounding. */
export const QLinearMul: Operator = quantizedBinary('QLinearMul', 'Mul', (k, a, b) => {
  const [left, right, product] = [gridAt(k, 1), gridAt(k, 4), gridAt(k, 6)]
  const ratio = stage([], 'float32', () => single(left.scale.mul(right.scale)).div(product.scale))
  return stage(k.outputShape(0), a.dtype, (...i) => {
    const scaled = single(readBroadcast(a, i).sub(left.zero).mul(readBroadcast(b, i).sub(right.zero)).to('float').mul(read(ratio, [])))
    return placed(single(scaled.add(product.zero.to('float'))).apply('round'), undefined, a.dtype)
  })
})
