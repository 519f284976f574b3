import { mulDims } from '../../../src/ir/dim.ts'
import { unknownShape } from '../../../src/ir/types.ts'
import { toInt64 } from '../kit/reduce.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator, versionBy } from '../operator.ts'

export const TILE: TfliteOperator = tfliteOperator({
  name: 'TILE',
  options: 'TileOptions',
  infer(ctx) {
    const [shape, times] = [ctx.shape(0), ctx.shapeValue(1)]
    ctx.output(0, ctx.dtype(0), shape && (times ? shape.map((d, i) => mulDims(d, times[i]!)) : unknownShape(shape.length)))
  },
  decompose: (b, node) => [b.op('Tile', [node.inputs[0], toInt64(b, node.inputs[1]!)])],
  version: versionBy({ int8: 3, string: 2 }),
  takes: { dtypes: [['float32', 'int32', 'int64', 'bool', 'uint8', 'int8', 'string'], ['int32', 'int64']] },
})
