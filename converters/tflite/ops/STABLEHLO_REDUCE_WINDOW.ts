import type { AttributeReader } from '../../../src/ops/operator.ts'
import { optionsOf } from '../kit/attributes.ts'
import { joinOf } from '../kit/join.ts'
import { reduceWindows, windowCounts } from '../kit/window-reduce.ts'
import type { Windows } from '../kit/window-reduce.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

function windowsOf(a: AttributeReader, rank: number): Windows {
  const list = (name: string, otherwise: number, count = rank) => a.ints(name) ?? Array.from({ length: count }, () => otherwise)
  const pads = list('padding', 0, 2 * rank)
  return {
    sizes: list('window_dimensions', 1),
    strides: list('window_strides', 1),
    dilations: list('window_dilations', 1),
    apart: list('base_dilations', 1),
    low: pads.filter((_, i) => i % 2 === 0),
    high: pads.filter((_, i) => i % 2 === 1),
  }
}

/** Data and a start, joined over windows by a subgraph. Taken apart where the subgraph is one operator. */
export const STABLEHLO_REDUCE_WINDOW: TfliteOperator = tfliteOperator({
  name: 'STABLEHLO_REDUCE_WINDOW',
  options: 'StablehloReduceWindowOptions',
  infer(ctx) {
    const shape = ctx.shape(0)
    const counts = shape && windowCounts(shape, windowsOf(ctx.attributes, shape.length))
    if (shape && !counts) ctx.fail(`windows that do not fit [${shape.join()}]`)
    ctx.output(0, ctx.dtype(0), counts)
  },
  decompose(b, node) {
    const [x, start] = node.inputs
    const join = joinOf(optionsOf(node).graph('body_subgraph'))
    const rank = x?.type?.kind === 'tensor' ? x.type.shape?.length : undefined
    if (node.inputs.length !== 2 || !x || !start || rank === undefined || join === undefined || join === 'put') return undefined
    const result = reduceWindows(b, x, start, join, windowsOf(optionsOf(node), rank))
    return result && [result]
  },
  takes: { dtypes: [['float32', 'float64', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool']], maxRank: 6 },
})
