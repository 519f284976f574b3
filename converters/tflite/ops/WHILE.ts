import { commonType } from '../kit/control.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** Values that the body makes anew while the condition of them holds. Decomposed into ONNX's Loop by `kit/control.ts`. */
export const WHILE: TfliteOperator = tfliteOperator({
  name: 'WHILE',
  options: 'WhileOptions',
  control: true,
  infer(ctx) {
    const types = Array.from({ length: ctx.inputCount }, (_, i) => ctx.type(i))
    ctx.subgraph(ctx.attributes.graph('cond_subgraph'), types)
    ctx.subgraph(ctx.attributes.graph('body_subgraph'), types).forEach((t, i) => ctx.outputType(i, commonType(t, types[i])))
  },
})
