import { numbersOf } from '../../../src/passes/kit/values.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator, versionBy } from '../operator.ts'

export const REVERSE_V2: TfliteOperator = tfliteOperator({
  name: 'REVERSE_V2',
  host: [1],
  options: 'ReverseV2Options',
  infer: ctx => ctx.output(0, ctx.dtype(0), ctx.shape(0)),
  decompose(b, node) {
    const axes = numbersOf(node.inputs[1])
    return axes && [b.op('Slice', [node.inputs[0], b.ints(axes.map(() => -1)), b.ints(axes.map(() => -(2 ** 31 - 1))), b.ints(axes), b.ints(axes.map(() => -1))])]
  },
  version: versionBy({ int8: 3, bool: 2 }),
  takes: { dtypes: [['float32', 'int32', 'int64', 'bool', 'uint8', 'int8', 'int16'], ['int32']], maxRank: 8 },
})
