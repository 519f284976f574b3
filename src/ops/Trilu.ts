import { constant, read, scalarOf, select, stage } from '../expr/expr.ts'
import { dtypeOf, nodeAttributes, shapeOf } from './kit/algebra.ts'
import { places } from './kit/scaled-product.ts'
import { bitsOf, kindOf } from '../ir/dtype.ts'
import type { Operator } from './operator.ts'

export const Trilu: Operator = {
  name: 'Trilu',
  moves: true,
  host: [1],
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape && shape.length < 2) ctx.fail(`its input has rank ${shape.length}`)
    ctx.output(0, ctx.dtype(0), shape)
  },
  compute(k) {
    const x = k.input(0)
    const offset = Math.max(-(2 ** 30), Math.min(2 ** 30, k.has(1) ? (k.value(1)[0] ?? 0) : 0))
    const upper = k.attributes.int('upper', 1) !== 0
    return [
      stage(x.shape, k.outputDType(0), (...i) => {
        const [diagonal, column] = [i.at(-2)!.add(offset), i.at(-1)!]
        return select(upper ? column.ge(diagonal) : column.le(diagonal), read(x, i), constant(0, scalarOf(x.dtype)))
      }),
    ]
  },
  decompose(b, node) {
    const [x, k] = node.inputs
    const [dtype, shape] = [dtypeOf(x), shapeOf(x)]
    if (!x || dtype === undefined || ['string', 'complex'].includes(kindOf(dtype)) || bitsOf(dtype) < 8 || !shape || shape.length < 2) return undefined
    const upper = nodeAttributes(node).int('upper', 1) !== 0
    const rank = shape.length
    const rows = b.op('Unsqueeze', [places(b, x, rank - 2), b.ints([1])])
    const diagonal = k ? b.op('Add', [rows, b.op('Reshape', [dtypeOf(k) === 'int64' ? k : b.op('Cast', [k], { to: 7 }), b.ints([])])]) : rows
    const kept = b.op(upper ? 'GreaterOrEqual' : 'LessOrEqual', [places(b, x, rank - 1), diagonal])
    return [b.op('Where', [kept, x, b.scalar(0, dtype)])]
  },
}
