import { unknownShape } from '../../../src/ir/types.ts'
import { optionsOf } from '../kit/attributes.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

export const SHAPE: TfliteOperator = tfliteOperator({
  name: 'SHAPE',
  options: 'ShapeOptions',
  infer(ctx) {
    const shape = ctx.shape(0)
    ctx.output(0, ctx.attributes.string('out_type', 'FLOAT32') === 'INT64' ? 'int64' : 'int32', shape ? [shape.length] : unknownShape(1), shape)
  },
  decompose(b, node) {
    const shape = b.op('Shape', [node.inputs[0]])
    return [optionsOf(node).string('out_type', 'FLOAT32') === 'INT64' ? shape : b.op('Cast', [shape], { to: 6 })]
  },
})
