import { unknownDim } from '../../../src/ir/dim.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator, versionBy } from '../operator.ts'

/** Indices of what is not zero, one row each. */
export const WHERE: TfliteOperator = tfliteOperator({
  name: 'WHERE',
  options: 'WhereOptions',
  infer: ctx => ctx.output(0, 'int64', [unknownDim(), ctx.shape(0)?.length ?? unknownDim()]),
  decompose: (b, node) => [b.op('Transpose', [b.op('NonZero', [node.inputs[0]])], { perm: [1, 0] })],
  version: versionBy({ bool: 1 }, 0, 2),
})
