import { float32Tensor } from '../../ir/tensor.ts'
import { dtypeOf, nodeAttributes, shapeOf } from '../kit/algebra.ts'
import { linearSums } from '../kit/linear.ts'
import { asFloats, asRows, castTo, linearScores, transformed } from '../kit/ml-graph.ts'
import { postTransformOf, rowsOf, transformScores } from '../kit/scores.ts'
import type { Operator } from '../operator.ts'

export const LinearRegressor: Operator = {
  name: 'LinearRegressor',
  domain: 'ai.onnx.ml',
  infer(ctx) {
    const [shape, targets] = [ctx.shape(0), ctx.attributes.int('targets', 1)]
    if (targets < 1) ctx.fail(`${targets} targets`)
    ctx.output(0, 'float32', shape && [shape.length === 2 ? shape[0]! : 1, targets])
  },
  evaluate(ctx) {
    const [rows, targets, transform] = [rowsOf(ctx), ctx.attributes.int('targets', 1), postTransformOf(ctx)]
    const scores = Array.from({ length: rows.count }, (_, row) => transformScores(linearSums(ctx, rows, row, targets), transform, undefined))
    return [float32Tensor(scores.flat(), [rows.count, targets])]
  },
  decompose(b, node) {
    const attributes = nodeAttributes(node)
    const [targets, coefficients, transform] = [attributes.int('targets', 1), attributes.floats('coefficients') ?? [], attributes.string('post_transform', 'NONE')]
    const rows = dtypeOf(node.inputs[0]) && asRows(b, asFloats(b, node.inputs[0]!))
    if (!rows || coefficients.length === 0 || coefficients.length !== targets * Number(shapeOf(rows)!.at(-1))) return undefined
    const scores = linearScores(b, rows, targets, coefficients, attributes.floats('intercepts') ?? [])
    const told = targets === 1 && transform !== 'PROBIT' ? scores : transformed(b, scores, transform)
    return told && [castTo(b, told, 'float32')]
  },
}
