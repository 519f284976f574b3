import type { AttributeInit } from '../../ir/attribute.ts'
import type { Node, Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import type { InferContext } from '../operator.ts'
import { shapeOf } from './algebra.ts'
import { channelsFirst, channelsLast, permuted } from './nhwc.ts'

/** Inference of an operator whose attribute `channels_last` puts the channels of its first input and its output last. */
export const inChannelsLast = (infer: (ctx: InferContext) => void) => (ctx: InferContext): void => {
  if (ctx.attributes.int('channels_last', 0) === 0) return infer(ctx)
  infer({
    ...ctx,
    shape: i => (i === 0 ? permuted(ctx.shape(0), channelsFirst) : ctx.shape(i)),
    output: (i, dtype, shape) => ctx.output(i, dtype, permuted(shape, channelsLast)),
    outputType: (i, type) => ctx.outputType(i, type?.kind === 'tensor' ? { ...type, shape: permuted(type.shape, channelsLast) } : type),
  })
}

/** A node with the attribute `channels_last` as an operator whose channels come second, between transposes where they are needed. */
export function asChannelsFirst(b: Builder, node: Node, op: string): readonly Value[] | undefined {
  const { channels_last: last, ...rest } = node.attributes
  const attributes: Record<string, AttributeInit> = rest
  if (Number(last?.value ?? 0) === 0) return [b.op(op, node.inputs, attributes)]
  const rank = shapeOf(node.inputs[0])?.length
  if (rank === undefined) return undefined
  const x = b.op('Transpose', [node.inputs[0]], { perm: channelsFirst(rank) })
  return [b.op('Transpose', [b.op(op, [x, ...node.inputs.slice(1)], attributes)], { perm: channelsLast(rank) })]
}
