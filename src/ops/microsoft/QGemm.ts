import type { Expr } from '../../expr/expr.ts'
import { constant, read, stage, sum } from '../../expr/expr.ts'
import { elementCount } from '../../ir/types.ts'
import { float } from '../../ir/attribute.ts'
import { Gemm } from '../Gemm.ts'
import { nodeAttributes } from '../kit/algebra.ts'
import { readBroadcast } from '../kit/broadcast.ts'
import { numberOfDType } from '../kit/datatype.ts'
import { integerAt, oneOf, realAt } from '../kit/qlinear.ts'
import { zeroAt } from '../kit/quantize.ts'
import { gridAt, only, requantized, single } from '../kit/requantize.ts'
import type { Operator } from '../operator.ts'

/** Inputs: A, B, each with scale and zero point, C in int32, and the scale and zero point of the result, without which it is float. */
export const QGemm: Operator = {
  name: 'QGemm',
  domain: 'com.microsoft',
  infer(ctx) {
    const shapes = [0, 3, 6]
    Gemm.infer({ ...ctx, shape: i => ctx.shape(shapes[i]!), has: i => ctx.has(shapes[i]!), output: (o, _, shape) => ctx.output(o, ctx.has(8) ? ctx.dtype(8) : 'float32', shape) })
  },
  compute(k) {
    const [a, b] = [k.input(0), k.input(3)]
    const [turnA, turnB] = [k.attributes.int('transA', 0) !== 0, k.attributes.int('transB', 0) !== 0]
    const c = k.has(6) ? k.input(6) : undefined
    const [zeroA, zeroB, scaleB] = [only(k.input(2)), k.input(5), k.input(4)]
    const inner = a.shape[turnA ? 0 : 1]!
    const several = elementCount(scaleB.shape) > 1
    const to = k.has(7) ? gridAt(k, 7) : undefined
    const unit = stage([several ? k.outputShape(0)[1]! : 1], 'float32', n => {
      const scale = single(single(constant(Math.fround(k.attributes.float('alpha', 1)), 'float').mul(only(k.input(1)))).mul(several ? read(scaleB, [n!]) : only(scaleB)))
      return to ? scale.div(to.scale) : scale
    })
    const sums = stage(k.outputShape(0), 'int32', (m, n) =>
      sum([inner], t => {
        const at = (turned: boolean, row: Expr, column: Expr) => (turned ? [column, row] : [row, column])
        return read(a, at(turnA, m!, t!)).sub(zeroA).mul(read(b, at(turnB, t!, n!)).sub(zeroAt(zeroB, n!)))
      }),
    )
    return [
      stage(k.outputShape(0), k.outputDType(0), (...i) => {
        const total = c ? read(sums, i).add(readBroadcast(c, i)) : read(sums, i)
        const scale = read(unit, [several ? i[1]! : 0])
        return to ? requantized(total, scale, to.zero, k.outputDType(0)) : single(total).mul(scale)
      }),
    ]
  },
  decompose(b, node) {
    const attributes = nodeAttributes(node)
    const [c, transB] = [node.inputs[6], attributes.int('transB', 0)]
    const alpha = float(attributes.float('alpha', 1))
    const bias = c && b.op('Mul', [b.op('Cast', [c], { to: numberOfDType('float32') }), b.op('Mul', [node.inputs[1], node.inputs[4]])])
    const real = b.op('Gemm', [realAt(b, node, 0), realAt(b, node, 3, transB ? 0 : 1), bias], { alpha, beta: alpha, transA: attributes.int('transA', 0), transB })
    return oneOf(node.inputs[7] ? integerAt(b, node, real, 7) : real)
  },
}
