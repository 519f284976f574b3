import { optionsOf } from '../kit/attributes.ts'
import { noKernel } from '../kit/hlo.ts'
import { joined, joinOf, reduced } from '../kit/join.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** Tensors, then a start for each, joined along axes by a subgraph. Taken apart for one tensor and a subgraph of one operator. */
export const STABLEHLO_REDUCE: TfliteOperator = tfliteOperator({
  name: 'STABLEHLO_REDUCE',
  options: 'StablehloReduceOptions',
  infer(ctx) {
    const axes = ctx.attributes.ints('dimensions') ?? []
    for (let i = 0; i < ctx.outputCount; i++) ctx.output(i, ctx.dtype(i), ctx.shape(i)?.filter((_, a) => !axes.includes(a)))
  },
  decompose(b, node) {
    const [x, start] = node.inputs
    const join = joinOf(optionsOf(node).graph('body_subgraph'))
    if (node.inputs.length !== 2 || !x || !start || join === undefined || join === 'put') return undefined
    const result = reduced(b, join, x, optionsOf(node).ints('dimensions') ?? [])
    return result && [joined(b, join, result, start)]
  },
  takes: noKernel,
})
