import { unknownShape } from '../../../src/ir/types.ts'
import type { Value } from '../../../src/ir/model.ts'
import { numbersOf } from '../../../src/passes/kit/values.ts'
import { dilated, dilatedSize } from '../kit/dilated.ts'
import { hloNumbers } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** Data, how far apart elements shall stand along each axis (int32), and what goes between them. */
export const DILATE: TfliteOperator = tfliteOperator({
  name: 'DILATE',
  host: [1],
  options: 'DilateOptions',
  infer(ctx) {
    const [shape, steps] = [ctx.shape(0), ctx.constant(1)]
    if (steps?.some(n => n < 1) || (shape && steps && steps.length !== shape.length)) ctx.fail(`steps ${steps.join()} for [${shape?.join()}]`)
    ctx.output(0, ctx.dtype(0), shape && (steps ? shape.map((d, i) => dilatedSize(d, steps[i]!)) : unknownShape(shape.length)))
  },
  decompose(b, node) {
    const [x, , filler] = node.inputs as [Value, Value, Value]
    const steps = numbersOf(node.inputs[1])
    const result = steps && dilated(b, x, filler, steps)
    return result && [result === x ? b.op('Identity', [x]) : result]
  },
  takes: { dtypes: [[...hloNumbers, 'bool'], ['int32'], [...hloNumbers, 'bool']] },
})
