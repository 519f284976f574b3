import { divideExactly, mulDims, unknownDim } from '../../../src/ir/dim.ts'
import { unknownShape } from '../../../src/ir/types.ts'
import { optionsOf } from '../kit/attributes.ts'
import { onChannelsFirst } from '../kit/spatial.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator, versionBy } from '../operator.ts'

export const SPACE_TO_DEPTH: TfliteOperator = tfliteOperator({
  name: 'SPACE_TO_DEPTH',
  options: 'SpaceToDepthOptions',
  infer(ctx) {
    const x = ctx.shape(0)
    const n = ctx.attributes.int('block_size', 0)
    if (n < 1) ctx.fail(`a block of ${n}`)
    ctx.output(0, ctx.dtype(0), x?.length === 4 ? [x[0]!, divideExactly(x[1]!, n) ?? unknownDim(), divideExactly(x[2]!, n) ?? unknownDim(), mulDims(x[3]!, n * n)] : unknownShape(4))
  },
  decompose: (b, node) => onChannelsFirst(b, node, 'SpaceToDepth', node.inputs[0]!, [], { blocksize: optionsOf(node).int('block_size', 0) }),
  version: versionBy({ int8: 2 }),
  takes: { dtypes: [['float32', 'int32', 'int64', 'uint8', 'int8']], maxRank: 4 },
})
