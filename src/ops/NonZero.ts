import { unknownDim } from '../ir/dim.ts'
import { int64Tensor } from '../ir/tensor.ts'
import { elementCount } from '../ir/types.ts'
import { elementsOf } from './kit/elements.ts'
import type { Operator } from './operator.ts'

export const NonZero: Operator = {
  name: 'NonZero',
  widening: 'ordered',
  infer(ctx) {
    const shape = ctx.shape(0)
    ctx.output(0, 'int64', [shape ? shape.length : unknownDim(), unknownDim()])
  },
  evaluate(ctx) {
    const x = ctx.tensor(0)
    // Number, so that 0n counts as 0; the empty string is false
    const hits = elementsOf(x).flatMap((e, i) => ((typeof e === 'string' ? e !== '' : Number(e) !== 0) ? [i] : []))
    const indices = x.shape.flatMap((n, d) => {
      const inner = elementCount(x.shape.slice(d + 1))
      return hits.map(h => Math.floor(h / inner) % n)
    })
    return [int64Tensor(indices, [x.shape.length, hits.length])]
  },
}
