import type { Value } from '../../../src/ir/model.ts'
import { broadcastShapes } from '../../../src/ops/kit/broadcast.ts'
import { optionsOf } from '../kit/attributes.ts'
import { floats } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, rankOf, tfliteOperator, versionBy } from '../operator.ts'

/** Matrices on the last two axes; `adj_x` and `adj_y` transpose them. */
export const BATCH_MATMUL: TfliteOperator = tfliteOperator({
  name: 'BATCH_MATMUL',
  options: 'BatchMatMulOptions',
  infer(ctx) {
    const [x, y] = [ctx.shape(0), ctx.shape(1)]
    if (x === undefined || y === undefined) return ctx.output(0, ctx.dtype(0), undefined)
    const batch = broadcastShapes([x.slice(0, -2), y.slice(0, -2)])
    if (!batch) return ctx.fail(`batches of [${x.join()}] and [${y.join()}] do not broadcast`)
    ctx.output(0, ctx.dtype(0), [...batch, x.at(ctx.attributes.int('adj_x', 0) === 1 ? -1 : -2)!, y.at(ctx.attributes.int('adj_y', 0) === 1 ? -2 : -1)!])
  },
  decompose(b, node) {
    const a = optionsOf(node)
    const turned = (value: Value, flag: string): Value | undefined => {
      if (a.int(flag, 0) !== 1) return value
      const rank = rankOf(value)
      return rank === undefined ? undefined : b.op('Transpose', [value], { perm: [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2] })
    }
    const [x, y] = [turned(node.inputs[0]!, 'adj_x'), turned(node.inputs[1]!, 'adj_y')]
    return x && y && [b.op('MatMul', [x, y])]
  },
  version: node => (dtypeOf(node.inputs[0]) === 'float32' && dtypeOf(node.inputs[1]) === 'int8' ? 4 : versionBy({ int8: 2, int16: 3 })(node)),
  takes: { dtypes: [floats, floats], maxRank: 5 },
})
