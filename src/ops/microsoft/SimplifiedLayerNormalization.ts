import { nodeAttributes, shapeOf } from '../kit/algebra.ts'
import { axisOf } from '../kit/axes.ts'
import { dtypeOfNumber } from '../kit/datatype.ts'
import { rootMeanSquare } from '../kit/root-mean-square.ts'
import { reducedShape } from '../kit/reduce.ts'
import type { Operator } from '../operator.ts'

/** RMSNormalization as onnxruntime's optimizer writes it: an operator that ONNX's own domain does not have. */
export const SimplifiedLayerNormalization: Operator = {
  name: 'SimplifiedLayerNormalization',
  infer(ctx) {
    const shape = ctx.shape(0)
    ctx.output(0, ctx.dtype(1), shape)
    const axis = shape && axisOf(ctx, ctx.attributes.int('axis', -1), shape.length)
    ctx.output(1, dtypeOfNumber(ctx.attributes.int('stash_type', 1)), shape && reducedShape(shape, shape.map((_, d) => d).slice(axis), true))
  },
  decompose(b, node) {
    const rank = shapeOf(node.inputs[0])?.length
    if (rank === undefined) return undefined
    const attributes = nodeAttributes(node)
    const axis = attributes.int('axis', -1)
    return rootMeanSquare(b, node.inputs, {
      axes: Array.from({ length: rank }, (_, d) => d).slice(axis < 0 ? axis + rank : axis),
      epsilon: attributes.float('epsilon', 1e-5),
      stash: dtypeOfNumber(attributes.int('stash_type', 1)) ?? 'float32',
      inverse: node.outputs[1] !== undefined,
    })
  },
}
