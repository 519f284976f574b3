import { ints } from '../../ir/attribute.ts'
import { peekNumbers } from '../../ir/tensor.ts'
import { unknownShape } from '../../ir/types.ts'
import { ConvTranspose } from '../ConvTranspose.ts'
import { withInts } from '../kit/same-as.ts'
import type { InferContext, Operator } from '../operator.ts'

/** ConvTranspose whose pads are an input, which decides its form. */
export const ConvTransposeWithDynamicPads: Operator = {
  name: 'ConvTransposeWithDynamicPads',
  domain: 'com.microsoft',
  host: [2],
  infer(ctx: InferContext) {
    const pads = ctx.has(2) ? ctx.constant(2) : undefined
    const rank = ctx.shape(0)?.length
    if (ctx.has(2) && pads === undefined) return ctx.output(0, ctx.dtype(0), rank === undefined ? undefined : unknownShape(rank))
    ConvTranspose.infer(withInts(ctx, { pads }))
  },
  decompose(b, { inputs: [x, w, pads, bias], attributes }) {
    const known = pads && (pads.isConstant ? peekNumbers(pads.constant) : (pads.elements as number[] | undefined)?.map(Number))
    if (pads && known === undefined) return undefined
    return [b.op('ConvTranspose', [x, w, ...(bias ? [bias] : [])], { ...attributes, ...(known && { pads: ints(known) }) })]
  },
}
