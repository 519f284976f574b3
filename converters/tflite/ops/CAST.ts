import type { TensorType } from '../../../proto/tflite.gen.ts'
import type { DType } from '../../../src/ir/dtype.ts'
import { numberOfDType } from '../../../src/ops/kit/datatype.ts'
import { dtypeOfTensorType } from '../dtypes.ts'
import { optionsOf } from '../kit/attributes.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'

/** Floats are cut to integers toward zero. */
export const CAST: TfliteOperator = tfliteOperator({
  name: 'CAST',
  options: 'CastOptions',
  infer: ctx => ctx.output(0, dtypeOfTensorType(ctx.attributes.string('out_data_type', 'FLOAT32') as TensorType), ctx.shape(0), ctx.shapeValue(0)),
  decompose(b, node) {
    const to = dtypeOfTensorType(optionsOf(node).string('out_data_type', 'FLOAT32') as TensorType)
    return to && [b.op('Cast', [node.inputs[0]], { to: numberOfDType(to) })]
  },
  version(node) {
    const some = (...dtypes: DType[]) => [node.inputs[0], node.outputs[0]].some(v => dtypes.includes(dtypeOf(v)!))
    return some('bfloat16') ? 7 : some('float64', 'float16') ? 5 : some('uint16') ? 4 : some('int8') ? 3 : some('uint32') ? 2 : 1
  },
  takes: { dtypes: [['float32', 'float64', 'float16', 'bfloat16', 'int32', 'int64', 'int16', 'int8', 'uint8', 'uint16', 'uint32', 'bool']] },
})
