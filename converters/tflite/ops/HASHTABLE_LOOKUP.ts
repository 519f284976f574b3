import { stringTensor } from '../../../src/ir/tensor.ts'
import type { Value } from '../../../src/ir/model.ts'
import { rankOf } from '../../../src/passes/kit/values.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'

/** What is looked up, the keys in order (int32), and a row for each; the rows found, zeros for the others, and whether each was found (uint8). */
export const HASHTABLE_LOOKUP: TfliteOperator = tfliteOperator({
  name: 'HASHTABLE_LOOKUP',
  infer(ctx) {
    const [wanted, rows] = [ctx.shape(0), ctx.shape(2)]
    ctx.output(0, ctx.dtype(2), wanted && rows && [...wanted, ...rows.slice(1)])
    ctx.output(1, 'uint8', wanted)
  },
  decompose(b, node) {
    const [wanted, keys, rows] = node.inputs as [Value, Value, Value]
    const [dtype, rank] = [dtypeOf(rows), rankOf(rows)]
    if (dtype === undefined || rank === undefined) return undefined
    const same = b.op('Cast', [b.op('Equal', [b.op('Unsqueeze', [wanted, b.ints([1])]), keys])], { to: 6 })
    const hit = b.op('ReduceMax', [same, b.ints([1])], { keepdims: false })
    const found = b.op('Gather', [rows, b.op('ArgMax', [same], { axis: 1, keepdims: false })])
    const held = b.op('Cast', [hit], { to: 9 })
    const wide = rank > 1 ? b.op('Unsqueeze', [held, b.ints(Array.from({ length: rank - 1 }, (_, i) => i + 1))]) : held
    const zero = dtype === 'string' ? b.constant(stringTensor([], [''])) : b.scalar(0, dtype)
    return [b.op('Where', [wide, found, zero]), b.op('Cast', [hit], { to: 2 })]
  },
  takes: { dtypes: [['int32'], ['int32'], undefined], maxRank: 1 },
})
