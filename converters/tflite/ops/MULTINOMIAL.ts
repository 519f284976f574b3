import { unknownDim } from '../../../src/ir/dim.ts'
import { numbersOf } from '../../../src/passes/kit/values.ts'
import { seedOf } from '../kit/draw.ts'
import { floats } from '../kit/elementwise.ts'
import { statedType } from '../kit/stated-types.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** Logits, one row for each draw, and how many samples of each (int32). The generator differs: the same seeds give other samples here than there. */
export const MULTINOMIAL: TfliteOperator = tfliteOperator({
  name: 'MULTINOMIAL',
  impure: true,
  host: [1],
  options: 'RandomOptions',
  infer(ctx) {
    ctx.output(0, statedType(ctx.node)?.dtype === 'int32' ? 'int32' : 'int64', [ctx.shape(0)?.[0] ?? unknownDim(), ctx.shapeValue(1)?.[0] ?? unknownDim()])
  },
  decompose(b, node) {
    const count = numbersOf(node.inputs[1])?.[0]
    if (count === undefined || count < 1) return undefined
    return [b.op('Multinomial', [node.inputs[0]], { dtype: statedType(node)?.dtype === 'int32' ? 6 : 7, sample_size: count, ...seedOf(node) })]
  },
  takes: { dtypes: [floats, ['int32']] },
})
