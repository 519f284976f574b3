import type { Dim } from '../../../src/ir/dim.ts'
import { optionsOf } from '../kit/attributes.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator, versionBy } from '../operator.ts'

/** Inputs of one shape side by side on a new axis. */
export const PACK: TfliteOperator = tfliteOperator({
  name: 'PACK',
  options: 'PackOptions',
  infer(ctx) {
    const shape = ctx.shape(0)
    const given = ctx.attributes.int('axis', 0)
    const elements = Array.from({ length: ctx.inputCount }, (_, i) => ctx.shapeValue(i)?.[0])
    const axis = shape && (given < 0 ? given + shape.length + 1 : given)
    ctx.output(0, ctx.dtype(0), shape && [...shape.slice(0, axis), ctx.inputCount, ...shape.slice(axis)], shape?.length === 0 && elements.every(e => e !== undefined) ? (elements as Dim[]) : undefined)
  },
  decompose(b, node) {
    const axis = optionsOf(node).int('axis', 0)
    return [b.op('Concat', node.inputs.map(v => b.op('Unsqueeze', [v, b.ints([axis])])), { axis })]
  },
  version: versionBy({ int8: 2, int16: 3, uint32: 4 }),
  takes: { dtypes: [['float32', 'int32', 'int64', 'uint8', 'int8', 'int16', 'uint32']] },
})
