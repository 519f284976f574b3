import { divideExactly, mulDims, unknownDim } from '../../../src/ir/dim.ts'
import { unknownShape } from '../../../src/ir/types.ts'
import { optionsOf } from '../kit/attributes.ts'
import { onChannelsFirst } from '../kit/spatial.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator, versionBy } from '../operator.ts'

export const DEPTH_TO_SPACE: TfliteOperator = tfliteOperator({
  name: 'DEPTH_TO_SPACE',
  options: 'DepthToSpaceOptions',
  infer(ctx) {
    const x = ctx.shape(0)
    const n = ctx.attributes.int('block_size', 0)
    if (n < 1) ctx.fail(`a block of ${n}`)
    ctx.output(0, ctx.dtype(0), x?.length === 4 ? [x[0]!, mulDims(x[1]!, n), mulDims(x[2]!, n), divideExactly(x[3]!, n * n) ?? unknownDim()] : unknownShape(4))
  },
  decompose: (b, node) => onChannelsFirst(b, node, 'DepthToSpace', node.inputs[0]!, [], { blocksize: optionsOf(node).int('block_size', 0), mode: 'DCR' }),
  version: versionBy({ int8: 2 }),
  takes: { dtypes: [['float32', 'int32', 'int64', 'uint8', 'int8']], maxRank: 4 },
})
