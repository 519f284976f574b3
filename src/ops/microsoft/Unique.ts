import { unknownDim } from '../../ir/dim.ts'
import type { Operator } from '../operator.ts'

/** What a list holds, in the order of first sight; for each element which of these it is; and how often each is there. */
export const Unique: Operator = {
  name: 'Unique',
  domain: 'com.microsoft',
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape && shape.length !== 1) ctx.fail(`its input has rank ${shape.length}`)
    const count = unknownDim()
    ctx.output(0, ctx.dtype(0), [count])
    ctx.output(1, 'int64', shape)
    ctx.output(2, 'int64', [count])
  },
  decompose(b, node) {
    const [y, , inverse, counts] = b.ops('Unique', [node.inputs[0]], 4, { sorted: 0 })
    return [y, inverse, counts]
  },
}
