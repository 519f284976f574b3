import { toInt64 } from '../kit/reduce.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator, versionBy } from '../operator.ts'

export const GATHER_ND: TfliteOperator = tfliteOperator({
  name: 'GATHER_ND',
  options: 'GatherNdOptions',
  infer(ctx) {
    const [shape, indices] = [ctx.shape(0), ctx.shape(1)]
    const depth = indices?.at(-1)
    ctx.output(0, ctx.dtype(0), shape && indices && typeof depth === 'number' ? [...indices.slice(0, -1), ...shape.slice(depth)] : undefined)
  },
  decompose: (b, node) => [b.op('GatherND', [node.inputs[0], toInt64(b, node.inputs[1]!)])],
  version: versionBy({ bool: 5, int16: 3, string: 2 }),
  takes: { dtypes: [['float32', 'int32', 'int64', 'bool', 'uint8', 'int8', 'int16', 'string'], ['int32', 'int64']] },
})
