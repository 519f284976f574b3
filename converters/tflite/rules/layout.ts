import type { AttributeInit } from '../../../src/ir/attribute.ts'
import { rankOf } from '../../../src/passes/kit/values.ts'
import { channelsFirst, channelsLast } from '../../../src/ops/kit/nhwc.ts'
import { onNode } from './kit.ts'

/** Spatial operators that the layout pass left alone (in a branch, say): channels go last before and come back after. */
const through = onNode(
  'through-nhwc',
  ['Conv', 'ConvTranspose', 'MaxPool', 'AveragePool', 'GlobalAveragePool', 'GlobalMaxPool', 'DepthToSpace', 'SpaceToDepth'],
  (node, b, refuse) => {
    if (node.origin.via?.includes(`decompose-Nhwc${node.op}`)) return refuse('channels last were tried')
    const rank = rankOf(node.inputs[0])
    if (rank === undefined || rank < 3) return refuse('the rank is not known')
    const x = b.op('Transpose', [node.inputs[0]], { perm: channelsLast(rank) })
    const attributes: Record<string, AttributeInit> = { ...node.attributes }
    return b.ops(`lapidary::Nhwc${node.op}`, [x, ...node.inputs.slice(1)], node.outputs.length, attributes).map((y, i) => (node.outputs[i] ? b.op('Transpose', [y], { perm: channelsFirst(rank) }) : undefined))
  },
)

export const layoutRules = [through]
