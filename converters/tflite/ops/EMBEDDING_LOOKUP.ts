import type { Value } from '../../../src/ir/model.ts'
import { rankOf } from '../../../src/passes/kit/values.ts'
import { notedGrains, sameGrain } from '../kit/grain.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'

/** Rows (int32) of a table. Rows of integers may come out as the real numbers that they stand for. */
export const EMBEDDING_LOOKUP: TfliteOperator = tfliteOperator({
  name: 'EMBEDDING_LOOKUP',
  infer(ctx) {
    const [ids, table] = [ctx.shape(0), ctx.shape(1)]
    const grains = notedGrains(ctx.node)
    ctx.output(0, grains?.inputs[1] && !grains.outputs[0] ? 'float32' : ctx.dtype(1), ids && table && [...ids, ...table.slice(1)])
  },
  decompose(b, node) {
    const [ids, table] = node.inputs as [Value, Value]
    const grains = notedGrains(node)
    const [from, to] = [grains?.inputs[1], grains?.outputs[0]]
    const rows = b.op('Gather', [table, ids], { axis: 0 })
    if (!from) return [rows]
    if (to) return sameGrain(from, to) ? [rows] : undefined
    const rank = rankOf(table)
    if (from.zero.some(z => z !== 0) || dtypeOf(table) === 'uint8' || rank === undefined || (from.scale.length > 1 && from.axis !== 0)) return undefined
    const scales = from.scale.length === 1
      ? b.scalar(from.scale[0]!, 'float32')
      : b.op('Unsqueeze', [b.op('Gather', [b.floats(from.scale), ids]), b.ints(Array.from({ length: rank - 1 }, (_, i) => i + 1))])
    return [b.op('Mul', [b.op('Cast', [rows], { to: 1 }), scales])]
  },
  version: node => (dtypeOf(node.inputs[1]) === 'int2' ? 5 : dtypeOf(node.inputs[1]) === 'int4' || (notedGrains(node)?.inputs[1]?.scale.length ?? 0) > 1 ? 4 : 1),
  takes: { dtypes: [['int32'], undefined], maxRank: 1 },
})
