import type { Dim } from '../../../src/ir/dim.ts'
import { unknownDim } from '../../../src/ir/dim.ts'
import type { DType } from '../../../src/ir/dtype.ts'
import type { Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { numbersOf } from '../../../src/passes/kit/values.ts'
import type { OptionsName, TfliteOperator } from '../operator.ts'
import { dtypeOf, rankOf, tfliteOperator } from '../operator.ts'
import { oneAxis, toInt64 } from './reduce.ts'

/** What the runtime fills a segment with that nothing falls into: the identity among finite numbers. */
const identities: Readonly<Record<'add' | 'mul' | 'max' | 'min', (dtype: DType) => number>> = {
  add: () => 0,
  mul: () => 1,
  max: dtype => (dtype === 'int32' ? -(2 ** 31) : -3.4028234663852886e38),
  min: dtype => (dtype === 'int32' ? 2 ** 31 - 1 : 3.4028234663852886e38),
}

/** Rows of `data` joined by segment, `count` (int64, one element) of them. Segments below 0 are left out. Undefined when the rank of `ids` or the element type is not known. */
export function joinSegments(b: Builder, data: Value, ids: Value, count: Value, reduction: keyof typeof identities): Value | undefined {
  const [rank, dtype] = [rankOf(ids), dtypeOf(data)]
  if (rank === undefined || dtype === undefined) return undefined
  const rest = b.op('Slice', [b.op('Shape', [data]), b.ints([rank]), b.ints([2 ** 31 - 1])])
  const rows = rank === 1 ? data : b.op('Reshape', [data, b.op('Concat', [b.ints([-1]), rest], { axis: 0 })], { allowzero: false })
  const flat = b.op('Reshape', [toInt64(b, ids), b.ints([-1, 1])])
  const known = numbersOf(ids)?.every(i => i >= 0) === true
  const held = known ? count : b.op('Add', [count, b.ints([1])])
  const at = known ? flat : b.op('Where', [b.op('Less', [flat, b.int(0)]), count, flat])
  const start = b.op('Expand', [b.scalar(identities[reduction](dtype), dtype), b.op('Concat', [held, rest], { axis: 0 })])
  const joined = b.op('ScatterND', [start, at, rows], { reduction })
  return known ? joined : b.op('Slice', [joined, b.ints([0]), count, b.ints([0])])
}

/** Data, the segment of each element of its leading axes (int32), how many segments there are (int32). */
export const unsortedSegment = (name: TfliteOperator['name'], options: OptionsName, reduction: keyof typeof identities): TfliteOperator =>
  tfliteOperator({
    name,
    host: [2],
    options,
    infer(ctx) {
      const [shape, ids] = [ctx.shape(0), ctx.shape(1)]
      if (shape && ids && ids.length > shape.length) ctx.fail(`segments of rank ${ids.length} for data of rank ${shape.length}`)
      const count: Dim = ctx.shapeValue(2)?.[0] ?? unknownDim()
      ctx.output(0, ctx.dtype(0), shape && ids && [count, ...shape.slice(ids.length)])
    },
    decompose(b, node) {
      const [data, ids, count] = node.inputs as [Value, Value, Value]
      const joined = joinSegments(b, data, ids, oneAxis(b, toInt64(b, count)), reduction)
      return joined && [joined]
    },
    takes: { dtypes: [['float32', 'int32'], ['int32'], ['int32']] },
  })
