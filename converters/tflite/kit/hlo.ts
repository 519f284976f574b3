import type { DType } from '../../../src/ir/dtype.ts'
import { kindOf } from '../../../src/ir/dtype.ts'
import type { Node, Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import type { Takes, TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'

/** For operators that files may hold and the runtime leaves to others. */
export const noKernel: Takes = { refuses: node => `the runtime has no kernel for ${node.op}` }

/** StableHLO's element-wise operators, as `tflite::STABLEHLO_*`: shapes are equal, nothing broadcasts. `onnx`: an operator's name, or what builds its meaning. */
export const elementwise = (name: TfliteOperator['name'], onnx: string | ((b: Builder, inputs: readonly Value[], node: Node) => Value), takes: Takes = noKernel): TfliteOperator =>
  tfliteOperator({
    name,
    infer: ctx => ctx.output(0, ctx.dtype(0), ctx.shape(0)),
    decompose: (b, node) => [typeof onnx === 'string' ? b.op(onnx, node.inputs) : onnx(b, node.inputs as readonly Value[], node)],
    takes,
  })

/** An operator's name by whether elements are truth values, integers or floats. */
export const byKind = (of: { readonly bool: string; readonly int?: string; readonly float: string }) => (b: Builder, inputs: readonly Value[]): Value => {
  const dtype = dtypeOf(inputs[0])
  const kind = dtype === undefined ? 'float' : kindOf(dtype)
  return b.op(kind === 'bool' ? of.bool : kind === 'float' || of.int === undefined ? of.float : of.int, inputs)
}

/** What the runtime's StableHLO kernels compute with. */
export const hloNumbers: readonly DType[] = ['float32', 'float64', 'float16', 'bfloat16', 'int64', 'int32', 'int16', 'int8', 'uint64', 'uint32', 'uint16', 'uint8']
