import { shapeOf } from '../kit/algebra.ts'
import { channelsFirst, channelsLast, nhwcOperator } from '../kit/nhwc.ts'
import type { Operator } from '../operator.ts'
import { FusedConv, fusedConvolution } from './FusedConv.ts'

/** FusedConv of channel-last data; its weights are laid out as those of Conv. */
export const NhwcFusedConv: Operator = {
  name: 'NhwcFusedConv',
  domain: 'com.microsoft',
  infer: nhwcOperator(FusedConv).infer,
  decompose(b, node) {
    const [x, w, bias, z] = node.inputs
    const rank = shapeOf(x)?.length
    if (rank === undefined) return undefined
    const turn = (v: typeof x) => v && b.op('Transpose', [v], { perm: channelsFirst(rank) })
    const y = fusedConvolution(b, node, [turn(x), w, bias, turn(z)])
    return y && [b.op('Transpose', [y], { perm: channelsLast(rank) })]
  },
}
