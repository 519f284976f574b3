import type { Expr } from '../../expr/expr.ts'
import { constant, read, reduce, stage } from '../../expr/expr.ts'
import type { Value } from '../../ir/model.ts'
import { axisOf } from '../kit/axes.ts'
import { nodeAttributes } from '../kit/algebra.ts'
import { realAt } from '../kit/qlinear.ts'
import { gridAt, placed, single } from '../kit/requantize.ts'
import type { ComputeContext, Operator } from '../operator.ts'

/** Along one axis from opset 13 on, which `opset` says; before it over all axes from `axis`. */
function reducedAxes(k: Pick<ComputeContext, 'attributes' | 'fail'>, rank: number): readonly boolean[] {
  const old = (k.attributes.int('opset') ?? k.fail('attribute opset is missing')) < 13
  const axis = axisOf(k, k.attributes.int('axis', -1), rank)
  return Array.from({ length: rank }, (_, i) => (old ? i >= axis : i === axis))
}

/** 1 / y_scale is taken as a whole number (onnxruntime's kernel). */
export const QLinearSoftmax: Operator = {
  name: 'QLinearSoftmax',
  domain: 'com.microsoft',
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape) reducedAxes(ctx, shape.length)
    ctx.output(0, ctx.dtype(0), shape)
  },
  compute(k) {
    const x = k.input(0)
    const over = reducedAxes(k, x.shape.length)
    const extents = x.shape.filter((_, i) => over[i])
    const kept = x.shape.map((n, i) => (over[i] ? 1 : n))
    const [from, to] = [gridAt(k, 1), gridAt(k, 3)]
    const along = (i: readonly Expr[], t: readonly Expr[]): Expr[] => {
      let next = 0
      return i.map((v, axis) => (over[axis] ? t[next++]! : v))
    }
    const at = (i: readonly Expr[]): Expr[] => i.map((v, axis) => (over[axis] ? constant(0, 'int') : v))
    const highest = stage(kept, 'int32', (...i) => reduce('max', extents, (...t) => read(x, along(i, t))))
    const power = stage(x.shape, 'float32', (...i) => read(x, i).sub(read(highest, at(i))).to('double').mul(from.scale.to('double')).apply('exp'))
    const total = stage(kept, 'float32', (...i) => reduce('sum', extents, (...t) => read(power, along(i, t))))
    const steps = stage([], 'float32', () => single(constant(1, 'float').div(to.scale)).apply('floor'))
    return [
      stage(x.shape, x.dtype, (...i) =>
        placed(single(single(read(power, i).mul(read(steps, []))).div(read(total, at(i)))).apply('round'), to.zero, x.dtype),
      ),
    ]
  },
  decompose(b, node) {
    const attributes = nodeAttributes(node)
    const x = realAt(b, node, 0)
    const axis = attributes.int('axis', -1)
    const whole = b.op('Reciprocal', [b.op('Floor', [b.op('Reciprocal', [node.inputs[3]])])])
    const integers = (y: Value): readonly Value[] => [b.op('QuantizeLinear', [y, whole, node.inputs[4]])]
    if (attributes.int('opset', 13) >= 13) return integers(b.op('Softmax', [x], { axis }))
    const rows = b.op('Softmax', [b.op('Flatten', [x], { axis })], { axis: 1 })
    return integers(b.op('Reshape', [rows, b.op('Shape', [x])]))
  },
}
