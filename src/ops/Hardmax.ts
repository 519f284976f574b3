import { constant, read, scalarOf, select, stage } from '../expr/expr.ts'
import { dtypeOf, nodeAttributes, shapeOf } from './kit/algebra.ts'
import { readBroadcast } from './kit/broadcast.ts'
import { castTo } from './kit/older.ts'
import { reducedStage } from './kit/reduce.ts'
import { softmaxOperator } from './kit/softmax.ts'
import type { Operator } from './operator.ts'

export const Hardmax: Operator = {
  ...softmaxOperator('Hardmax', ({ x, axis, highest }) => {
    const first = reducedStage('min', x.shape, 'int32', [axis], (...i) => select(read(x, i).eq(readBroadcast(highest, i)), i[axis]!, x.shape[axis]!))
    return stage(x.shape, x.dtype, (...i) => select(i[axis]!.eq(readBroadcast(first, i)), constant(1, scalarOf(x.dtype)), 0))
  }),
  decompose(b, node) {
    const [x] = node.inputs
    const [shape, dtype] = [shapeOf(x), dtypeOf(x)]
    const given = nodeAttributes(node).int('axis', -1)
    const axis = shape && given < 0 ? given + shape.length : given
    const size = shape?.[axis]
    if (typeof size !== 'number' || dtype === undefined) return undefined
    const values = castTo(b, b.ints([0, 1]), dtype)
    return [b.op('OneHot', [b.op('ArgMax', [x], { axis, keepdims: 0 }), b.ints([size]), values], { axis })]
  },
}
