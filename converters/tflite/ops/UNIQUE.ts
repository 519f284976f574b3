import { unknownDim } from '../../../src/ir/dim.ts'
import type { Value } from '../../../src/ir/model.ts'
import { numberOfDType } from '../../../src/ops/kit/datatype.ts'
import { optionsOf } from '../kit/attributes.ts'
import { toInt64 } from '../kit/reduce.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'

/** The different elements of one axis in the order in which they come, and for each element where among these it stands. */
export const UNIQUE: TfliteOperator = tfliteOperator({
  name: 'UNIQUE',
  options: 'UniqueOptions',
  infer(ctx) {
    ctx.output(0, ctx.dtype(0), [unknownDim()])
    ctx.output(1, ctx.attributes.string('idx_out_type', 'INT32') === 'INT64' ? 'int64' : 'int32', ctx.shape(0))
  },
  decompose(b, node) {
    const dtype = dtypeOf(node.inputs[0])
    // onnxruntime compares few types of integers
    const wide = dtype !== 'float32' && dtype !== 'int64' && dtype !== undefined
    const [found, , places] = b.ops('Unique', [wide ? toInt64(b, node.inputs[0]!) : node.inputs[0]], 3, { sorted: 0 }) as [Value, Value, Value]
    const values = wide ? b.op('Cast', [found], { to: numberOfDType(dtype) }) : found
    return [values, optionsOf(node).string('idx_out_type', 'INT32') === 'INT64' ? places : b.op('Cast', [places], { to: 6 })]
  },
  takes: { dtypes: [['float32', 'int32', 'int64', 'int8', 'uint8', 'int16']], maxRank: 1 },
})
