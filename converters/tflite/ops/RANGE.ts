import { ceilDivDims, subDims, unknownDim } from '../../../src/ir/dim.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator, versionBy } from '../operator.ts'

export const RANGE: TfliteOperator = tfliteOperator({
  name: 'RANGE',
  options: 'RangeOptions',
  infer(ctx) {
    const [start, limit, delta] = [0, 1, 2].map(i => ctx.shapeValue(i)?.[0])
    const count = start !== undefined && limit !== undefined && typeof delta === 'number' && delta > 0 ? ceilDivDims(subDims(limit, start), delta) : unknownDim()
    ctx.output(0, ctx.dtype(0), [count])
  },
  decompose: (b, node) => [b.op('Range', node.inputs)],
  version: versionBy({ int64: 2 }),
  takes: { dtypes: [['float32', 'int32', 'int64']] },
})
