import { optionsOf } from '../kit/attributes.ts'
import { inlined } from '../kit/control.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** A named operator that carries its own meaning: a subgraph on the same inputs. */
export const STABLEHLO_COMPOSITE: TfliteOperator = tfliteOperator({
  name: 'STABLEHLO_COMPOSITE',
  options: 'StableHLOCompositeOptions',
  infer(ctx) {
    const types = Array.from({ length: ctx.inputCount }, (_, i) => ctx.type(i))
    ctx.subgraph(ctx.attributes.graph('decomposition_subgraph'), types).forEach((t, i) => ctx.outputType(i, t))
  },
  decompose: (b, node) => inlined(b, optionsOf(node).graph('decomposition_subgraph'), node.inputs),
})
