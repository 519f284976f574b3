import { read, scalarOf, stage } from '../expr/expr.ts'
import { dtypeOf, nodeAlgebra, nodeAttributes } from './kit/algebra.ts'
import { axisOf } from './kit/axes.ts'
import { readBroadcast } from './kit/broadcast.ts'
import { rankOf, reciprocalRoot } from './kit/normalize.ts'
import { floatType, reducedStage, wideFloat } from './kit/reduce.ts'
import type { Operator } from './operator.ts'

export const RMSNormalization: Operator = {
  name: 'RMSNormalization',
  infer: ctx => ctx.output(0, ctx.dtype(1), ctx.shape(0)),
  compute(k) {
    const [x, scale] = [k.input(0), k.input(1)]
    const rank = x.shape.length
    const axis = axisOf(k, k.attributes.int('axis', -1), rank)
    const axes = x.shape.map((_, d) => d).slice(axis)
    const type = floatType(x.dtype)
    const count = axes.reduce((n, a) => n * x.shape[a]!, 1)
    const epsilon = k.attributes.float('epsilon', 1e-5)
    const inverse = reducedStage('sum', x.shape, wideFloat(x.dtype), axes, (...i) => read(x, i).mul(read(x, i)), s => reciprocalRoot(s.div(count).add(epsilon)))
    return [stage(x.shape, k.outputDType(0), (...i) => read(x, i).mul(readBroadcast(inverse, i)).mul(readBroadcast(scale, i).to(type)).to(scalarOf(k.outputDType(0))))]
  },
  decompose(b, node) {
    const m = nodeAlgebra(b, node)
    const [x, scale] = node.inputs
    const rank = rankOf(x)
    if (!m || !x || !scale || rank === undefined || dtypeOf(x) !== dtypeOf(scale)) return undefined
    const attributes = nodeAttributes(node)
    const axis = attributes.int('axis', -1)
    const axes = Array.from({ length: rank }, (_, d) => d).slice(axis < 0 ? axis + rank : axis)
    const mean = b.op('ReduceMean', [b.op('Pow', [x, b.scalar(2, dtypeOf(x)!)]), b.ints(axes)])
    return [m.mul(m.div(x, b.op('Sqrt', [m.add(mean, attributes.float('epsilon', 1e-5))])), scale)]
  },
}
