import { shapeOf } from '../kit/algebra.ts'
import { sameAs } from '../kit/same-as.ts'
import type { Operator } from '../operator.ts'
import { Pad as OnnxPad } from '../Pad.ts'

/** Pads may be a matrix of one row, and the value a list of one. */
export const Pad: Operator = {
  ...sameAs(OnnxPad),
  host: [1],
  infer: ctx => OnnxPad.infer({ ...ctx, shapeValue: i => ctx.shapeValue(i) ?? ctx.constant(i) }),
  decompose(b, { inputs: [data, pads, value], attributes }) {
    const list = shapeOf(pads)?.length === 1 ? pads : b.op('Reshape', [pads, b.ints([-1])])
    const filler = value && shapeOf(value)?.length !== 0 ? b.op('Reshape', [value, b.ints([])]) : value
    return [b.op('Pad', [data, list, ...(filler ? [filler] : [])], attributes)]
  },
}
