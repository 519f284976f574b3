import type { Dim } from '../../../src/ir/dim.ts'
import { addDims, subDims, unknownDim } from '../../../src/ir/dim.ts'
import { numbersOf } from '../../../src/passes/kit/values.ts'
import { unknownShape } from '../../../src/ir/types.ts'
import { optionsOf } from '../kit/attributes.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, rankOf, tfliteOperator, versionBy } from '../operator.ts'

/** Data, begin, end and step of the leading axes; masks as TensorFlow has them. Decomposed without ellipsis and new axes. */
export const STRIDED_SLICE: TfliteOperator = tfliteOperator({
  name: 'STRIDED_SLICE',
  host: [1, 2, 3],
  options: 'StridedSliceOptions',
  infer(ctx) {
    const shape = ctx.shape(0)
    const [begin, end, step] = [1, 2, 3].map(i => ctx.constant(i))
    const a = ctx.attributes
    if (shape === undefined || !begin || !end || !step || a.int('ellipsis_mask', 0) !== 0 || a.int('new_axis_mask', 0) !== 0) {
      const plain = a.int('ellipsis_mask', 0) === 0 && a.int('new_axis_mask', 0) === 0
      return ctx.output(0, ctx.dtype(0), shape && plain ? unknownShape(shape.length - bits(a.int('shrink_axis_mask', 0))) : undefined)
    }
    const out: Dim[] = []
    const bounds = shape.map((d, i) => {
      if (begin[i] === undefined) return undefined
      const from = a.int('begin_mask', 0) & (1 << i) ? undefined : begin[i]!
      const to = a.int('end_mask', 0) & (1 << i) ? undefined : a.int('offset', 0) === 1 ? begin[i]! + end[i]! : end[i]!
      return { from, to, step: step[i]!, size: d }
    })
    shape.forEach((d, i) => {
      const bound = bounds[i]
      if (a.int('shrink_axis_mask', 0) & (1 << i)) return
      out.push(bound === undefined ? d : typeof d === 'number' ? countOf(d, bound) : bound.from === undefined && bound.to === undefined && Math.abs(bound.step) === 1 ? d : openCount(d, bound))
    })
    const first = bounds[0]
    const elements = ctx.shapeValue(0)
    const size = typeof shape[0] === 'number' ? shape[0] : undefined
    const values = shape.length === 1 && elements && first && size !== undefined ? indices(size, first, (a.int('shrink_axis_mask', 0) & 1) === 1).map(i => elements[i]!) : undefined
    ctx.output(0, ctx.dtype(0), out, values)
  },
  decompose(b, node) {
    const a = optionsOf(node)
    const [begin, end, step] = [1, 2, 3].map(i => numbersOf(node.inputs[i]))
    const rank = rankOf(node.inputs[0])
    if (!begin || !end || !step || rank === undefined || a.int('ellipsis_mask', 0) !== 0 || a.int('new_axis_mask', 0) !== 0) return undefined
    const far = 2 ** 31 - 1
    const shrink = begin.flatMap((_, i) => (a.int('shrink_axis_mask', 0) & (1 << i) ? [i] : []))
    const starts = begin.map((s, i) => (!shrink.includes(i) && a.int('begin_mask', 0) & (1 << i) ? (step[i]! > 0 ? 0 : far) : s))
    const ends = end.map((e, i) => {
      if (shrink.includes(i)) return begin[i] === -1 ? far : begin[i]! + 1
      if (a.int('end_mask', 0) & (1 << i)) return step[i]! > 0 ? far : -far
      return a.int('offset', 0) === 1 ? begin[i]! + e : e
    })
    const part = b.op('Slice', [node.inputs[0], b.ints(starts), b.ints(ends), b.ints(begin.map((_, i) => i)), b.ints(step.map((s, i) => (shrink.includes(i) ? 1 : s)))])
    return [shrink.length > 0 ? b.op('Squeeze', [part, b.ints(shrink)]) : part]
  },
  version(node) {
    const a = optionsOf(node)
    if (a.int('offset', 0) === 1) return 8
    if (dtypeOf(node.inputs[0]) === 'uint32') return 7
    if (a.int('ellipsis_mask', 0) !== 0 || a.int('new_axis_mask', 0) !== 0) return 6
    return dtypeOf(node.inputs[0]) === 'string' ? 5 : rankOf(node.inputs[0])! > 4 ? 4 : versionBy({ bool: 3, int8: 2 })(node)
  },
  takes: { dtypes: [['float32', 'int32', 'int64', 'bool', 'uint8', 'int8', 'int16', 'uint32', 'string'], ['int32'], ['int32'], ['int32']], maxRank: 5 },
})

interface Bound {
  readonly from: number | undefined
  readonly to: number | undefined
  readonly step: number
}

const bits = (mask: number): number => [...mask.toString(2)].filter(c => c === '1').length

function indices(size: number, { from, to, step }: Bound, shrink: boolean): number[] {
  const place = (i: number, low: number, high: number) => Math.min(high, Math.max(low, i < 0 ? i + size : i))
  if (shrink) return [place(from ?? 0, 0, size - 1)]
  const out: number[] = []
  if (step > 0) for (let i = from === undefined ? 0 : place(from, 0, size), end = to === undefined ? size : place(to, 0, size); i < end; i += step) out.push(i)
  if (step < 0) for (let i = from === undefined ? size - 1 : place(from, -1, size - 1), end = to === undefined ? -1 : place(to, -1, size - 1); i > end; i += step) out.push(i)
  return out
}

const countOf = (size: number, bound: Bound): number => {
  const { from, to, step } = bound
  const place = (i: number, low: number, high: number) => Math.min(high, Math.max(low, i < 0 ? i + size : i))
  if (step > 0) return Math.max(0, Math.ceil(((to === undefined ? size : place(to, 0, size)) - (from === undefined ? 0 : place(from, 0, size))) / step))
  return step < 0 ? Math.max(0, Math.ceil(((from === undefined ? size - 1 : place(from, -1, size - 1)) - (to === undefined ? -1 : place(to, -1, size - 1))) / -step)) : 0
}

/** Sizes that follow without knowing the axis: from the start or the end to the end, by ones. */
function openCount(size: Dim, { from, to, step }: Bound): Dim {
  if (step !== 1 || (to !== undefined && to >= 0)) return unknownDim()
  const end = to === undefined ? size : addDims(size, to)
  return from === undefined || from >= 0 ? subDims(end, from ?? 0) : unknownDim()
}
