import { read, stage } from '../expr/expr.ts'
import { nodeAlgebra, nodeAttributes } from './kit/algebra.ts'
import { readBroadcast } from './kit/broadcast.ts'
import { alongChannels, momentsOf, rankOf, spatialAxes, standardize } from './kit/normalize.ts'
import { consumed } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const InstanceNormalization: Operator = {
  name: 'InstanceNormalization',
  infer: ctx => ctx.output(0, ctx.dtype(0), ctx.shape(0)),
  compute(k) {
    const [x, scale, bias] = [k.input(0), k.input(1), k.input(2)]
    const moments = momentsOf(x, spatialAxes(x.shape.length))
    const inverse = moments.inverse(k.attributes.float('epsilon', 1e-5))
    return [stage(x.shape, x.dtype, (...i) => moments.centred(i).mul(readBroadcast(inverse, i)).mul(read(scale, [i[1]!])).add(read(bias, [i[1]!])))]
  },
  decompose(b, node) {
    const m = nodeAlgebra(b, node)
    const [x, scale, bias] = node.inputs
    const rank = rankOf(x)
    if (!m || !x || !scale || !bias || rank === undefined) return undefined
    const { normalized } = standardize(b, x, spatialAxes(rank), nodeAttributes(node).float('epsilon', 1e-5))
    return [m.add(m.mul(normalized, alongChannels(b, scale, rank)), alongChannels(b, bias, rank))]
  },
  ...consumed,
}
