import type { DType } from '../../../src/ir/dtype.ts'
import type { Node, Value } from '../../../src/ir/model.ts'
import { addDims } from '../../../src/ir/dim.ts'
import { unknownShape } from '../../../src/ir/types.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import type { OptionsName, Takes, TfliteOperator } from '../operator.ts'
import { rankOf, tfliteOperator, versionBy } from '../operator.ts'
import { toInt64 } from './reduce.ts'

const elements: readonly DType[] = ['float32', 'int32', 'int64', 'uint8', 'int8', 'int16']

/** Data and pads, one row for each axis: before and after. `onnx` gets the pads in ONNX's order, all befores first. */
export const padding = (name: TfliteOperator['name'], options: OptionsName, onnx: (b: Builder, x: Value, pads: Value, node: Node) => Value | undefined, takes: Takes): TfliteOperator =>
  tfliteOperator({
    name,
    options,
    infer(ctx) {
      const [shape, pads] = [ctx.shape(0), ctx.constant(1)]
      ctx.output(0, ctx.dtype(0), shape && (pads ? shape.map((d, i) => addDims(d, pads[2 * i]!, pads[2 * i + 1]!)) : unknownShape(shape.length)))
    },
    decompose(b, node) {
      const rank = rankOf(node.inputs[0])
      if (rank === undefined) return undefined
      const pads = b.op('Reshape', [b.op('Transpose', [toInt64(b, node.inputs[1]!)], { perm: [1, 0] }), b.ints([2 * rank])])
      const result = onnx(b, node.inputs[0]!, pads, node)
      return result && [result]
    },
    version: node => (rankOf(node.inputs[0])! > 4 && name !== 'MIRROR_PAD' ? 4 : versionBy({ bool: 5, int16: 3, int8: 2 })(node)),
    takes: { dtypes: [elements, ['int32', 'int64'], elements], ...takes },
  })
