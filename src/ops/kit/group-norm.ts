import { float } from '../../ir/attribute.ts'
import type { Node, Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import type { InferContext } from '../operator.ts'
import { dtypeOf, nodeAttributes, shapeOf } from './algebra.ts'
import { numberOfDType } from './datatype.ts'
import { channelsFirst, channelsLast } from './nhwc.ts'

/** Outputs of the shape of the first input, its rank at least 3. */
export function inferGroupNorm(ctx: InferContext): void {
  const shape = ctx.shape(0)
  if (shape && shape.length < 3) ctx.fail(`its input has rank ${shape.length}`)
  for (let i = 0; i < ctx.outputCount; i++) ctx.output(i, ctx.dtype(0), shape)
}

/** Whether the channels of a node's data come last. */
export const isChannelsLast = (node: Node): boolean => nodeAttributes(node).int('channels_last', 1) !== 0

/** GroupNormalization of data whose channels come where `channels_last` says, and x * sigmoid(x) of it where `activation` is 1. */
export function groupNorm(b: Builder, node: Node, x: Value): Value | undefined {
  const rank = shapeOf(x)?.length
  const dtype = dtypeOf(x)
  if (rank === undefined || dtype === undefined) return undefined
  const attributes = nodeAttributes(node)
  const last = isChannelsLast(node)
  const parameters = [node.inputs[1], node.inputs[2]].map(v => (dtypeOf(v) === dtype ? v : b.op('Cast', [v], { to: numberOfDType(dtype) })))
  const turned = last ? b.op('Transpose', [x], { perm: channelsFirst(rank) }) : x
  const y = b.op('GroupNormalization', [turned, ...parameters], { num_groups: attributes.int('groups', 1), epsilon: float(attributes.float('epsilon', 1e-5)) })
  const active = attributes.int('activation', 0) === 1 ? b.op('Mul', [y, b.op('Sigmoid', [y])]) : y
  return last ? b.op('Transpose', [active], { perm: channelsLast(rank) }) : active
}
