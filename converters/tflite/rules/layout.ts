import type { AttributeInit } from '../../../src/ir/attribute.ts'
import { float } from '../../../src/ir/attribute.ts'
import { floatOf, intOf, rankOf } from '../../../src/passes/kit/values.ts'
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

/** LOCAL_RESPONSE_NORMALIZATION works along the last axis. */
const lrn = onNode('lrn', 'LRN', (node, b, refuse) => {
  const size = intOf(node, 'size', 1)
  if (rankOf(node.inputs[0]) !== 4 || size % 2 === 0) return refuse('it takes four axes and an odd size')
  const x = b.op('Transpose', [node.inputs[0]], { perm: channelsLast(4) })
  const y = b.op('tflite::LOCAL_RESPONSE_NORMALIZATION', [x], {
    radius: (size - 1) / 2, alpha: float(floatOf(node, 'alpha', 1e-4) / size), beta: float(floatOf(node, 'beta', 0.75)), bias: float(floatOf(node, 'bias', 1)),
  })
  return b.op('Transpose', [y], { perm: channelsFirst(4) })
})

export const layoutRules = [through, lrn]
