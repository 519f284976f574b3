import { kindOf } from '../../ir/dtype.ts'
import { dtypeOf, nodeAttributes } from '../kit/algebra.ts'
import { castTo } from '../kit/ml-graph.ts'
import type { Operator } from '../operator.ts'

export const Binarizer: Operator = {
  name: 'Binarizer',
  domain: 'ai.onnx.ml',
  infer: ctx => ctx.output(0, ctx.dtype(0), ctx.shape(0)),
  decompose(b, node) {
    const x = node.inputs[0]!
    const dtype = dtypeOf(x)
    if (dtype === undefined) return undefined
    const threshold = nodeAttributes(node).float('threshold', 0)
    // an integer is above a threshold where it is above the integer below that
    const whole = kindOf(dtype) === 'int' && Math.abs(threshold) < 2 ** 31
    const [value, bound] = whole ? [x, b.scalar(Math.floor(threshold), dtype)] : kindOf(dtype) === 'int' ? [castTo(b, x, 'float64'), b.scalar(threshold, 'float64')] : [x, b.scalar(threshold, dtype)]
    return [castTo(b, b.op('Greater', [value, bound]), dtype)]
  },
}
