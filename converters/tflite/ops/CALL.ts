import { optionsOf } from '../kit/attributes.ts'
import { inlined } from '../kit/control.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** Another subgraph on these inputs. */
export const CALL: TfliteOperator = tfliteOperator({
  name: 'CALL',
  options: 'CallOptions',
  infer(ctx) {
    const types = Array.from({ length: ctx.inputCount }, (_, i) => ctx.type(i))
    ctx.subgraph(ctx.attributes.graph('subgraph'), types).forEach((t, i) => ctx.outputType(i, t))
  },
  decompose: (b, node) => inlined(b, optionsOf(node).graph('subgraph'), node.inputs),
  takes: { refuses: () => 'the runtime has no kernel for CALL' },
})
