import { subDims } from '../../../src/ir/dim.ts'
import { unknownShape } from '../../../src/ir/types.ts'
import { toInt64 } from '../kit/reduce.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, rankOf, tfliteOperator, versionBy } from '../operator.ts'

/** Data, where it begins and how long it is on each axis; -1 is the rest. */
export const SLICE: TfliteOperator = tfliteOperator({
  name: 'SLICE',
  options: 'SliceOptions',
  infer(ctx) {
    const [shape, begin, size] = [ctx.shape(0), ctx.shapeValue(1), ctx.shapeValue(2)]
    if (shape === undefined || begin === undefined || size === undefined) return ctx.output(0, ctx.dtype(0), shape && unknownShape(shape.length))
    const elements = ctx.shapeValue(0)
    const [from, count] = [begin[0], size[0]]
    const part = shape.length === 1 && elements && typeof from === 'number' && typeof count === 'number' ? elements.slice(from, count < 0 ? undefined : from + count) : undefined
    ctx.output(0, ctx.dtype(0), shape.map((d, i) => (size[i] === -1 ? subDims(d, begin[i]!) : size[i]!)), part)
  },
  decompose(b, node) {
    const rank = rankOf(node.inputs[0])
    if (rank === undefined) return undefined
    const [begin, size] = [toInt64(b, node.inputs[1]!), toInt64(b, node.inputs[2]!)]
    const ends = b.op('Where', [b.op('Equal', [size, b.ints([-1])]), b.ints([2 ** 31 - 1]), b.op('Add', [begin, size])])
    return [b.op('Slice', [node.inputs[0], begin, ends])]
  },
  version: node => (dtypeOf(node.inputs[0]) === 'uint32' ? 6 : rankOf(node.inputs[0])! > 4 ? 5 : versionBy({ int16: 4, string: 3, int8: 2 })(node)),
  takes: { dtypes: [['float32', 'int32', 'int64', 'bool', 'uint8', 'int8', 'int16', 'uint32', 'string'], ['int32', 'int64'], ['int32', 'int64']], maxRank: 5 },
})
