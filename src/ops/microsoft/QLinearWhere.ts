import { select, stage } from '../../expr/expr.ts'
import { readBroadcast } from '../kit/broadcast.ts'
import { inferQuantizedBroadcast, integerAt, oneOf, realAt, regrided } from '../kit/qlinear.ts'
import type { Operator } from '../operator.ts'

export const QLinearWhere: Operator = {
  name: 'QLinearWhere',
  domain: 'com.microsoft',
  infer: ctx => inferQuantizedBroadcast(ctx, [0, 1, 4], 1),
  compute(k) {
    const [condition, x, y] = [k.input(0), k.input(1), k.input(4)]
    const [onTrue, onFalse] = [regrided(k, x, [2, 3], [7, 8]), regrided(k, y, [5, 6], [7, 8])]
    return [stage(k.outputShape(0), x.dtype, (...i) => select(readBroadcast(condition, i), onTrue(i), onFalse(i)))]
  },
  decompose: (b, node) => oneOf(integerAt(b, node, b.op('Where', [node.inputs[0], realAt(b, node, 1), realAt(b, node, 4)]), 7, node.inputs[1])),
}
