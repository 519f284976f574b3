import type { Node, Value } from '../../../src/ir/model.ts'
import type { AttributeReader } from '../../../src/ops/operator.ts'
import { numberOfDType } from '../../../src/ops/kit/datatype.ts'
import { rankOf } from '../../../src/passes/kit/values.ts'
import { optionsOf } from '../kit/attributes.ts'
import { noKernel } from '../kit/hlo.ts'
import { statedType } from '../kit/stated-types.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'

interface Axes {
  readonly batch: readonly number[]
  readonly summed: readonly number[]
}

const axesOf = (a: AttributeReader, side: 'lhs' | 'rhs'): Axes => ({ batch: a.ints(`${side}_batching_dimensions`) ?? [], summed: a.ints(`${side}_contracting_dimensions`) ?? [] })
const free = ({ batch, summed }: Axes, rank: number): number[] => Array.from({ length: rank }, (_, i) => i).filter(i => !batch.includes(i) && !summed.includes(i))
const letter = (i: number): string => String.fromCharCode(97 + i)

/** Two letterings and what is left, as Einsum writes it: batch axes, then the left side's own, then the right side's. */
function equationOf(left: Axes, right: Axes, ranks: readonly [number, number]): string {
  const [a, b] = ranks.map(rank => Array.from({ length: rank }, () => '')) as [string[], string[]]
  let used = 0
  const pair = (i: number, j: number) => (a[i] = b[j] = letter(used++))
  left.batch.forEach((i, k) => pair(i, right.batch[k]!))
  left.summed.forEach((i, k) => pair(i, right.summed[k]!))
  const own = (side: string[], axes: Axes) => free(axes, side.length).map(i => (side[i] = letter(used++)))
  const out = [...left.batch.map(i => a[i]!), ...own(a, left), ...own(b, right)]
  return `${a.join('')},${b.join('')}->${out.join('')}`
}

/** The products of two tensors, summed over pairs of axes; other pairs are gone through together. */
export const STABLEHLO_DOT_GENERAL: TfliteOperator = tfliteOperator({
  name: 'STABLEHLO_DOT_GENERAL',
  options: 'StablehloDotGeneralOptions',
  infer(ctx) {
    const [x, y, left, right] = [ctx.shape(0), ctx.shape(1), axesOf(ctx.attributes, 'lhs'), axesOf(ctx.attributes, 'rhs')]
    if (left.batch.length !== right.batch.length || left.summed.length !== right.summed.length) ctx.fail('axes without a partner')
    for (const [shape, axes] of [[x, left], [y, right]] as const) {
      const all = [...axes.batch, ...axes.summed]
      if (new Set(all).size !== all.length || all.some(i => i < 0 || (shape && i >= shape.length))) ctx.fail(`axes ${all.join()} of [${shape?.join()}]`)
    }
    const shape = x && y && [...left.batch.map(i => x[i]!), ...free(left, x.length).map(i => x[i]!), ...free(right, y.length).map(i => y[i]!)]
    ctx.output(0, statedType(ctx.node)?.dtype ?? ctx.dtype(0), shape)
  },
  decompose(b, node: Node) {
    const [x, y] = node.inputs as [Value, Value]
    const [m, n] = [rankOf(x), rankOf(y)]
    if (m === undefined || n === undefined || m + n > 26) return undefined
    const [from, to] = [dtypeOf(x), statedType(node)?.dtype ?? dtypeOf(x)]
    const wide = to !== undefined && from !== to ? [x, y].map(v => b.op('Cast', [v], { to: numberOfDType(to) })) : [x, y]
    return [b.op('Einsum', wide, { equation: equationOf(axesOf(optionsOf(node), 'lhs'), axesOf(optionsOf(node), 'rhs'), [m, n]) })]
  },
  takes: noKernel,
})
