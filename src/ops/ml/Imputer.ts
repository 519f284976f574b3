import { kindOf } from '../../ir/dtype.ts'
import { int64Tensor } from '../../ir/tensor.ts'
import { dtypeOf, nodeAttributes } from '../kit/algebra.ts'
import { castTo, floatsConstant, refuse } from '../kit/ml-graph.ts'
import type { Operator } from '../operator.ts'

export const Imputer: Operator = {
  name: 'Imputer',
  domain: 'ai.onnx.ml',
  infer(ctx) {
    const [values, features] = [ctx.attributes.floats('imputed_value_floats')?.length || ctx.attributes.ints('imputed_value_int64s')?.length || 0, ctx.shape(0)?.at(-1)]
    if (values === 0) ctx.fail('no imputed values')
    if (values > 1 && typeof features === 'number' && features !== values) ctx.fail(`${values} imputed values for ${features} features`)
    ctx.output(0, ctx.dtype(0), ctx.shape(0))
  },
  decompose(b, node) {
    const x = node.inputs[0]!
    const [dtype, attributes] = [dtypeOf(x), nodeAttributes(node)]
    if (dtype === undefined) return undefined
    if (kindOf(dtype) === 'int') {
      const values = attributes.bigints('imputed_value_int64s') ?? refuse(node, 'no imputed values of integers')
      const missing = attributes.int('replaced_value_int64', 0)
      const [imputed, replaced] = [b.constant(int64Tensor(values)), b.constant(int64Tensor([missing], []))]
      return [b.op('Where', [b.op('Equal', [x, castTo(b, replaced, dtype)]), castTo(b, imputed, dtype), x])]
    }
    const [values, missing] = [attributes.floats('imputed_value_floats') ?? refuse(node, 'no imputed values of floats'), attributes.float('replaced_value_float', 0)]
    const found = Number.isNaN(missing) ? b.op('IsNaN', [x]) : b.op('Equal', [x, b.scalar(missing, dtype)])
    return [b.op('Where', [found, floatsConstant(b, dtype, values), x])]
  },
}
