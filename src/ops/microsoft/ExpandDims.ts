import { unknownShape } from '../../ir/types.ts'
import { asInt64 } from '../kit/scaled-product.ts'
import type { Operator } from '../operator.ts'

/** Puts one axis of size 1 where `axis` says, counted in what comes out. */
export const ExpandDims: Operator = {
  name: 'ExpandDims',
  domain: 'com.microsoft',
  host: [1],
  infer(ctx) {
    const [shape, axis] = [ctx.shape(0), ctx.constant(1)?.[0]]
    if (!shape || axis === undefined) return ctx.output(0, ctx.dtype(0), shape && unknownShape(shape.length + 1))
    const at = axis < 0 ? axis + shape.length + 1 : axis
    if (at < 0 || at > shape.length) ctx.fail(`axis ${axis} of rank ${shape.length + 1}`)
    ctx.output(0, ctx.dtype(0), [...shape.slice(0, at), 1, ...shape.slice(at)])
  },
  decompose: (b, { inputs: [x, axis] }) => axis && [b.op('Unsqueeze', [x, b.op('Reshape', [asInt64(b, axis), b.ints([-1])])])],
}
