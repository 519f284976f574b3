import type { Graph, Value } from '../../../src/ir/model.ts'
import { sizesOf } from '../../../src/passes/kit/values.ts'
import { optionsOf } from '../kit/attributes.ts'
import { noKernel } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** Which tensor a comparator looks at, and whether the least comes first; undefined where it is not one comparison of the same tensor's two elements. */
function orderOf(comparator: Graph): { readonly key: number; readonly rising: boolean } | undefined {
  const node = comparator.outputs[0]?.producer?.node
  const [a, b] = (node?.inputs ?? []).map(v => (v ? comparator.inputs.indexOf(v) : -1))
  if (node === undefined || a === undefined || b === undefined || a < 0 || b < 0 || a >> 1 !== b >> 1 || a === b) return undefined
  const name = node.op === 'STABLEHLO_COMPARE' ? optionsOf(node).string('comparison_direction', 'EQ').split('_').at(-1)! : node.op.toUpperCase()
  const less = ['LT', 'LE', 'LESS', 'LESS_EQUAL', 'LESSOREQUAL'].includes(name)
  const greater = ['GT', 'GE', 'GREATER', 'GREATER_EQUAL', 'GREATEROREQUAL'].includes(name)
  if (!less && !greater) return undefined
  return { key: a >> 1, rising: less === a < b }
}

/** Tensors of one shape, put in the order of one of them along an axis. Taken apart where the comparator is one comparison; what is equal stays in order. */
export const STABLEHLO_SORT: TfliteOperator = tfliteOperator({
  name: 'STABLEHLO_SORT',
  options: 'StablehloSortOptions',
  infer(ctx) {
    for (let i = 0; i < ctx.outputCount; i++) ctx.output(i, ctx.dtype(i), ctx.shape(i))
  },
  decompose(b, node) {
    const a = optionsOf(node)
    const order = orderOf(a.graph('comparator_subgraph'))
    const given = a.int('dimension', -1)
    const shape = sizesOf(node.inputs[order?.key ?? 0])
    const axis = given < 0 && shape ? given + shape.length : given
    const size = shape?.[axis]
    if (order === undefined || size === undefined) return undefined
    const [values, places] = b.ops('TopK', [node.inputs[order.key], b.ints([size])], 2, { axis, largest: order.rising ? 0 : 1 }) as [Value, Value]
    return node.inputs.map((v, i) => (i === order.key ? values : b.op('GatherElements', [v, places], { axis })))
  },
  takes: noKernel,
})
