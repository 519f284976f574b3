import { read, stage } from '../../expr/expr.ts'
import { readBroadcast } from '../kit/broadcast.ts'
import { quantizedBinary } from '../kit/qlinear.ts'
import { fused, gridAt, placed, single } from '../kit/requantize.ts'
import type { Operator } from '../operator.ts'

/** In float32 with fused products. As in onnxruntime's kernel the constants come first, then the operand that is one element for a whole row (else B), then the other. */
export const QLinearAdd: Operator = quantizedBinary('QLinearAdd', 'Add', (k, a, b) => {
  const shape = k.outputShape(0)
  const row = shape.findLastIndex(n => n > 1)
  const to = gridAt(k, 6)
  const operands = [{ x: a, grid: gridAt(k, 1) }, { x: b, grid: gridAt(k, 4) }].map(({ x, grid }) => ({ x, grid, ratio: stage([], 'float32', () => grid.scale.div(to.scale)) }))
  const isOne = row >= 0 && (a.shape[a.shape.length - shape.length + row] ?? 1) === 1
  const [first, second] = (isOne ? operands : operands.toReversed()) as [(typeof operands)[0], (typeof operands)[0]]
  const zeros = stage([], 'float32', () => {
    const product = single(first.grid.zero.to('float').mul(read(first.ratio, [])))
    return fused(second.grid.zero.to('float'), read(second.ratio, []), product)
  })
  const constants = stage([], 'float32', () => to.zero.to('float').sub(read(zeros, [])))
  return stage(shape, a.dtype, (...i) => {
    const start = fused(readBroadcast(first.x, i).to('float'), read(first.ratio, []), read(constants, []))
    return placed(fused(readBroadcast(second.x, i).to('float'), read(second.ratio, []), start).apply('round'), undefined, a.dtype)
  })
})
