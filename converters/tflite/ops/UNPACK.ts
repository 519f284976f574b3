import { optionsOf } from '../kit/attributes.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator, versionBy } from '../operator.ts'

export const UNPACK: TfliteOperator = tfliteOperator({
  name: 'UNPACK',
  options: 'UnpackOptions',
  infer(ctx) {
    const shape = ctx.shape(0)
    const given = ctx.attributes.int('axis', 0)
    const axis = shape && (given < 0 ? given + shape.length : given)
    const elements = ctx.shapeValue(0)
    for (let i = 0; i < ctx.outputCount; i++) ctx.output(i, ctx.dtype(0), shape?.filter((_, a) => a !== axis), shape?.length === 1 && elements?.[i] !== undefined ? [elements[i]!] : undefined)
  },
  decompose(b, node) {
    const [axis, count] = [optionsOf(node).int('axis', 0), optionsOf(node).int('num', 0)]
    return b.ops('Split', [node.inputs[0]], count, { axis, num_outputs: count }).map(v => b.op('Squeeze', [v, b.ints([axis])]))
  },
  version: versionBy({ int8: 2, uint8: 2, bool: 3, int16: 4 }),
  takes: { dtypes: [['float32', 'int32', 'bool', 'uint8', 'int8', 'int16']] },
})
