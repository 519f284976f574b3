import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'
import { sparseFormOf } from '../sparse.ts'

/** Sparse weights as dense ones. In the IR a sparse constant is the dense tensor it stands for already, so that nothing is left to do. */
export const DENSIFY: TfliteOperator = tfliteOperator({
  name: 'DENSIFY',
  options: 'DensifyOptions',
  unpacks: true,
  infer: ctx => ctx.output(0, ctx.dtype(0), ctx.shape(0)),
  decompose: (b, node) => [b.op('Identity', [node.inputs[0]])],
  takes: { dtypes: [['float32', 'float16', 'int8']], refuses: node => (sparseFormOf(node.inputs[0]?.constant) ? undefined : 'its weights are not sparse') },
})
