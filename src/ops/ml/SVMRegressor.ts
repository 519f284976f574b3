import { float32Tensor } from '../../ir/tensor.ts'
import { rowsOf } from '../kit/scores.ts'
import { kernelOf } from '../kit/svm.ts'
import type { Operator } from '../operator.ts'

export const SVMRegressor: Operator = {
  name: 'SVMRegressor',
  domain: 'ai.onnx.ml',
  infer(ctx) {
    const shape = ctx.shape(0)
    ctx.output(0, 'float32', shape && [shape.length === 2 ? shape[0]! : 1, 1])
  },
  // onnxruntime reads `post_transform` and leaves the one score as it is
  evaluate(ctx) {
    const rows = rowsOf(ctx)
    const [coefficients, [shift = 0]] = [ctx.attributes.floats('coefficients') ?? [], ctx.attributes.floats('rho') ?? []]
    const supports = ctx.attributes.int('n_supports', 0)
    const linear = supports <= 0
    if (!linear && coefficients.length < supports) ctx.fail(`${coefficients.length} coefficients for ${supports} vectors`)
    const kernel = kernelOf(ctx, linear ? coefficients : (ctx.attributes.floats('support_vectors') ?? []), linear ? 1 : supports, rows.features, linear)
    const value = (row: number): number => {
      const products = kernel(rows, row)
      return (linear ? products[0]! : products.reduce((sum, k, v) => sum + k * coefficients[v]!, 0)) + shift
    }
    const one = ctx.attributes.int('one_class', 0) !== 0
    const out = Float32Array.from({ length: rows.count }, (_, row) => (one ? (value(row) > 0 ? 1 : -1) : value(row)))
    return [float32Tensor(out, [rows.count, 1])]
  },
}
