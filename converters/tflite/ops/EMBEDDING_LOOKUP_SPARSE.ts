import { unknownDim } from '../../../src/ir/dim.ts'
import type { Value } from '../../../src/ir/model.ts'
import { rankOf, shapeOf } from '../../../src/passes/kit/values.ts'
import { optionsOf } from '../kit/attributes.ts'
import { floats } from '../kit/elementwise.ts'
import { toInt64 } from '../kit/reduce.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/**
 * Rows of a table (input 4) that belong together, weighted and joined: which rows, where each belongs (the indices of a sparse
 * tensor, in order), that tensor's shape, the weights. The last axis of the shape is what is joined: to the sum, the weighted
 * mean, or the sum by the root of the squared weights.
 */
export const EMBEDDING_LOOKUP_SPARSE: TfliteOperator = tfliteOperator({
  name: 'EMBEDDING_LOOKUP_SPARSE',
  host: [2],
  options: 'EmbeddingLookupSparseOptions',
  infer(ctx) {
    const [table, sizes, rank] = [ctx.shape(4), ctx.shapeValue(2), ctx.shape(1)?.[1]]
    const front = sizes?.slice(0, -1) ?? (typeof rank === 'number' && rank > 0 ? Array.from({ length: rank - 1 }, unknownDim) : undefined)
    ctx.output(0, 'float32', table && front && [...front, ...table.slice(1)])
  },
  decompose(b, node) {
    const [ids, indices, sizes, weights, table] = node.inputs as [Value, Value, Value, Value, Value]
    const [rank, tableRank, combiner] = [shapeOf(indices)?.[1], rankOf(table), optionsOf(node).string('combiner', 'SUM')]
    if (typeof rank !== 'number' || tableRank === undefined) return undefined
    const front = b.op('Slice', [toInt64(b, sizes), b.ints([0]), b.ints([rank - 1])])
    const at = b.op('Slice', [toInt64(b, indices), b.ints([0]), b.ints([rank - 1]), b.ints([1])])
    const width = b.op('Slice', [b.op('Shape', [table]), b.ints([1]), b.ints([tableRank])])
    const joined = (rows: Value, shape: Value): Value =>
      rank === 1
        ? b.op('ReduceSum', [rows, b.ints([0])], { keepdims: false })
        : b.op('ScatterND', [b.op('Expand', [b.scalar(0, 'float32'), shape]), at, rows], { reduction: 'add' })
    const wide = (value: Value): Value => b.op('Unsqueeze', [value, b.ints(Array.from({ length: tableRank - 1 }, (_, i) => i - tableRank + 1))])
    const sum = joined(b.op('Mul', [b.op('Gather', [table, ids]), wide(weights)]), b.op('Concat', [front, width], { axis: 0 }))
    if (combiner === 'SUM') return [sum]
    const total = joined(combiner === 'MEAN' ? weights : b.op('Mul', [weights, weights]), front)
    const count = joined(b.op('Expand', [b.scalar(1, 'float32'), b.op('Shape', [weights])]), front)
    const by = combiner === 'MEAN' ? total : b.op('Sqrt', [total])
    return [b.op('Div', [sum, wide(b.op('Where', [b.op('Greater', [count, b.scalar(0, 'float32')]), by, b.scalar(1, 'float32')]))])]
  },
  takes: { dtypes: [['int32'], ['int32'], ['int32'], floats, floats] },
})
