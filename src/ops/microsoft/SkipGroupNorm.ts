import { shapeOf } from '../kit/algebra.ts'
import { groupNorm, inferGroupNorm, isChannelsLast } from '../kit/group-norm.ts'
import { alongChannels, spatialAxes } from '../kit/normalize.ts'
import { skipSum } from '../kit/skip.ts'
import type { Operator } from '../operator.ts'

export const SkipGroupNorm: Operator = {
  name: 'SkipGroupNorm',
  domain: 'com.microsoft',
  infer: inferGroupNorm,
  decompose(b, node) {
    const [x, , , skip, bias] = node.inputs
    const [rank, skipRank] = [shapeOf(x)?.length, shapeOf(skip)?.length]
    if (rank === undefined || skipRank === undefined) return undefined
    const last = isChannelsLast(node)
    // a skip of [batch, channels] is the same at every place
    const spread = skipRank === 2 ? b.op('Unsqueeze', [skip, b.ints(last ? spatialAxes(rank).map(a => a - 1) : spatialAxes(rank))]) : skip
    const sum = skipSum(b, x, spread, bias && !last ? alongChannels(b, bias, rank) : bias)
    const y = groupNorm(b, node, sum)
    return y && [y, sum]
  },
}
