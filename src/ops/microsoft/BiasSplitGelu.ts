import { floorDivDims } from '../../ir/dim.ts'
import type { Operator } from '../operator.ts'

/** The left half times the Gelu of the right half. */
export const BiasSplitGelu: Operator = {
  name: 'BiasSplitGelu',
  domain: 'com.microsoft',
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape?.length === 0) ctx.fail('its input has no axes')
    ctx.output(0, ctx.dtype(0), shape && [...shape.slice(0, -1), floorDivDims(shape.at(-1)!, 2)])
  },
  decompose(b, node) {
    const [left, right] = b.ops('Split', [b.op('Add', node.inputs)], 2, { axis: -1, num_outputs: 2 })
    return [b.op('Mul', [left, b.op('Gelu', [right])])]
  },
}
