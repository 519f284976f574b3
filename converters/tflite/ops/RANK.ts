import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

export const RANK: TfliteOperator = tfliteOperator({
  name: 'RANK',
  options: 'RankOptions',
  infer(ctx) {
    const shape = ctx.shape(0)
    ctx.output(0, 'int32', [], shape && [shape.length])
  },
  decompose: (b, node) => [b.op('Cast', [b.op('Size', [b.op('Shape', [node.inputs[0]])])], { to: 6 })],
})
