import { mulDims } from '../../ir/dim.ts'
import { shapeOf } from '../kit/algebra.ts'
import { asRows } from '../kit/ml-graph.ts'
import type { Operator } from '../operator.ts'

export const ArrayFeatureExtractor: Operator = {
  name: 'ArrayFeatureExtractor',
  domain: 'ai.onnx.ml',
  infer(ctx) {
    const [x, y] = [ctx.shape(0), ctx.shape(1)]
    if (x?.length === 0) ctx.fail('its input has no axes')
    ctx.output(0, ctx.dtype(0), x && y && [...(x.length === 1 ? [1] : x.slice(0, -1)), mulDims(...y)])
  },
  decompose(b, node) {
    const [x, y] = node.inputs
    const rows = shapeOf(y) && asRows(b, x!)
    return rows && [b.op('Gather', [rows, b.op('Reshape', [y, b.ints([-1])])], { axis: -1 })]
  },
}
