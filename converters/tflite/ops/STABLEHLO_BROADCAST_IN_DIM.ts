import { staticShape } from '../../../src/ir/types.ts'
import { sizesOf } from '../../../src/passes/kit/values.ts'
import { optionsOf } from '../kit/attributes.ts'
import { noKernel } from '../kit/hlo.ts'
import { statedType } from '../kit/stated-types.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** Each axis of the data becomes one of the output's (`output_types`), and is spread along what is new or 1. */
export const STABLEHLO_BROADCAST_IN_DIM: TfliteOperator = tfliteOperator({
  name: 'STABLEHLO_BROADCAST_IN_DIM',
  options: 'StablehloBroadcastInDimOptions',
  infer: ctx => ctx.output(0, ctx.dtype(0), statedType(ctx.node)?.shape),
  decompose(b, node) {
    const [from, to] = [sizesOf(node.inputs[0]), staticShape(statedType(node)?.shape)]
    const axes = optionsOf(node).ints('broadcast_dimensions') ?? []
    if (!from || !to || axes.length !== from.length || new Set(axes).size !== axes.length || axes.some(a => a < 0 || a >= to.length)) return undefined
    const order = [...axes.keys()].sort((i, j) => axes[i]! - axes[j]!)
    const shape = to.map((_, a) => (axes.includes(a) ? from[axes.indexOf(a)]! : 1))
    const turned = order.every((o, i) => o === i) ? node.inputs[0] : b.op('Transpose', [node.inputs[0]], { perm: order })
    return [b.op('Expand', [b.op('Reshape', [turned, b.ints(shape)], { allowzero: true }), b.ints(to)])]
  },
  takes: noKernel,
})
