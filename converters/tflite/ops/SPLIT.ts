import { divideExactly, unknownDim } from '../../../src/ir/dim.ts'
import { numbersOf } from '../../../src/passes/kit/values.ts'
import { unknownShape } from '../../../src/ir/types.ts'
import { optionsOf } from '../kit/attributes.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator, versionBy } from '../operator.ts'

/** The axis (int32) and the data, in parts of equal size. */
export const SPLIT: TfliteOperator = tfliteOperator({
  name: 'SPLIT',
  host: [0],
  options: 'SplitOptions',
  infer(ctx) {
    const [shape, axis] = [ctx.shape(1), ctx.constant(0)?.[0]]
    const count = ctx.attributes.int('num_splits', 0)
    if (count < 1) ctx.fail(`${count} parts`)
    for (let i = 0; i < ctx.outputCount; i++) {
      const at = axis !== undefined && shape ? (axis < 0 ? axis + shape.length : axis) : undefined
      ctx.output(i, ctx.dtype(1), at === undefined ? shape && unknownShape(shape.length) : shape!.map((d, a) => (a === at ? (divideExactly(d, count) ?? unknownDim()) : d)))
    }
  },
  decompose(b, node) {
    const axis = numbersOf(node.inputs[0])?.[0]
    const count = optionsOf(node).int('num_splits', 0)
    return axis === undefined ? undefined : b.ops('Split', [node.inputs[1]], count, { axis, num_outputs: count })
  },
  version: versionBy({ int16: 4, int32: 3, int8: 2 }, 1),
  takes: { dtypes: [['int32'], ['float32', 'int32', 'uint8', 'int8', 'int16']] },
})
