import { unknownShape } from '../../../src/ir/types.ts'
import { numbersOf } from '../../../src/passes/kit/values.ts'
import type { OptionsName, TfliteOperator } from '../operator.ts'
import { tfliteOperator, versionBy } from '../operator.ts'
import { optionsOf } from './attributes.ts'

/** Data and the axis (int32); the first of equal elements. The axis goes. */
export const argOperator = (name: TfliteOperator['name'], options: OptionsName, onnx: string): TfliteOperator =>
  tfliteOperator({
    name,
    host: [1],
    options,
    infer(ctx) {
      const [shape, axis] = [ctx.shape(0), ctx.constant(1)?.[0]]
      const at = axis !== undefined && shape && axis < 0 ? axis + shape.length : axis
      ctx.output(0, ctx.attributes.string('output_type', 'INT64') === 'INT32' ? 'int32' : 'int64', shape && (at === undefined ? unknownShape(shape.length - 1) : shape.filter((_, i) => i !== at)))
    },
    decompose(b, node) {
      const axis = numbersOf(node.inputs[1])?.[0]
      if (axis === undefined) return undefined
      const index = b.op(onnx, [node.inputs[0]], { axis, keepdims: false })
      return [optionsOf(node).string('output_type', 'INT64') === 'INT32' ? b.op('Cast', [index], { to: 6 }) : index]
    },
    version: versionBy({ bool: 3, int8: 2 }),
    takes: { dtypes: [['float32', 'int32', 'uint8', 'int8', 'bool'], ['int32', 'int64']] },
  })
