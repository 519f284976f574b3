import { GatherND as OnnxGatherND } from '../GatherND.ts'
import { asInt64 } from '../kit/scaled-product.ts'
import { sameAs } from '../kit/same-as.ts'
import type { Operator } from '../operator.ts'

/** Of the time before batch axes; indices may be int32. */
export const GatherND: Operator = {
  ...sameAs(OnnxGatherND),
  decompose: (b, { inputs: [data, indices] }) => [b.op('GatherND', [data, indices && asInt64(b, indices)])],
}
