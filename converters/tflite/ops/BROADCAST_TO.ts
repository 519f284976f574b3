import { unknownShape } from '../../../src/ir/types.ts'
import { toInt64 } from '../kit/reduce.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator, versionBy } from '../operator.ts'

export const BROADCAST_TO: TfliteOperator = tfliteOperator({
  name: 'BROADCAST_TO',
  options: 'BroadcastToOptions',
  infer(ctx) {
    const rank = ctx.shape(1)?.[0]
    ctx.output(0, ctx.dtype(0), ctx.shapeValue(1) ?? (typeof rank === 'number' ? unknownShape(rank) : undefined))
  },
  decompose: (b, node) => [b.op('Expand', [node.inputs[0], toInt64(b, node.inputs[1]!)])],
  version: versionBy({ int8: 3, int16: 3 }, 0, 2),
  takes: { dtypes: [['float32', 'int32', 'int64', 'bool', 'uint8', 'int8', 'int16'], ['int32', 'int64']], maxRank: 8 },
})
