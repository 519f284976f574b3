import { read, select, stage } from '../expr/expr.ts'
import { dtypeOf, nodeAttributes } from './kit/algebra.ts'
import { axisOf } from './kit/axes.ts'
import { readBroadcast } from './kit/broadcast.ts'
import { reducedStage, wideFloat } from './kit/reduce.ts'
import type { Operator } from './operator.ts'

export const LpNormalization: Operator = {
  name: 'LpNormalization',
  infer: ctx => ctx.output(0, ctx.dtype(0), ctx.shape(0)),
  compute(k) {
    const x = k.input(0)
    const axis = axisOf(k, k.attributes.int('axis', -1), x.shape.length)
    const p = k.attributes.int('p', 2)
    if (p !== 1 && p !== 2) k.fail(`p is ${p}, not 1 or 2`)
    const power = (...i: Parameters<typeof read>[1][number][]) => (p === 1 ? read(x, i).abs() : read(x, i).mul(read(x, i)))
    const norm = reducedStage('sum', x.shape, wideFloat(x.dtype), [axis], power, s => (p === 1 ? s : s.apply('sqrt')))
    return [stage(x.shape, x.dtype, (...i) => select(readBroadcast(norm, i).eq(0), 0, read(x, i).div(readBroadcast(norm, i))))]
  },
  decompose(b, node) {
    const [x] = node.inputs
    const dtype = dtypeOf(x)
    if (!x || !dtype) return undefined
    const attributes = nodeAttributes(node)
    const norm = b.op(attributes.int('p', 2) === 1 ? 'ReduceL1' : 'ReduceL2', [x, b.ints([attributes.int('axis', -1)])])
    const zero = b.scalar(0, dtype)
    return [b.op('Div', [x, b.op('Where', [b.op('Equal', [norm, zero]), b.scalar(1, dtype), norm])])]
  },
}
