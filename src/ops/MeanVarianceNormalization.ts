import { ints } from '../ir/attribute.ts'
import { stage } from '../expr/expr.ts'
import { nodeAlgebra, nodeAttributes } from './kit/algebra.ts'
import { readBroadcast } from './kit/broadcast.ts'
import { momentsOf } from './kit/normalize.ts'
import { normalAxes } from './kit/reduce.ts'
import { become, drop } from './kit/versions.ts'
import type { AttributeReader, Operator } from './operator.ts'

const axesOf = (attributes: AttributeReader): readonly number[] => attributes.ints('axes') ?? [0, 2, 3]
/** Added to the deviation, as ONNX's function body does. */
const epsilon = 1e-9

export const MeanVarianceNormalization: Operator = {
  name: 'MeanVarianceNormalization',
  infer: ctx => ctx.output(0, ctx.dtype(0), ctx.shape(0)),
  compute(k) {
    const x = k.input(0)
    const moments = momentsOf(x, normalAxes(k, axesOf(k.attributes), x.shape.length))
    return [stage(x.shape, x.dtype, (...i) => moments.centred(i).div(readBroadcast(moments.variance, i).apply('sqrt').add(epsilon)))]
  },
  decompose(b, node) {
    const m = nodeAlgebra(b, node)
    const [x] = node.inputs
    if (!m || !x) return undefined
    const axes = b.ints(axesOf(nodeAttributes(node)))
    const centred = m.sub(x, b.op('ReduceMean', [x, axes]))
    const variance = b.op('ReduceMean', [m.mul(centred, centred), axes])
    return [m.div(centred, m.add(b.op('Sqrt', [variance]), epsilon))]
  },
  upgrade: {
    // an experimental operator until then
    9(step) {
      const [x] = step.node.inputs
      const axes = step.attributes.int('across_channels', 0) !== 0 ? [0, 1, 2, 3] : [0, 2, 3]
      const centred = step.attributes.int('normalize_variance', 1) === 0
      drop('across_channels', 'normalize_variance')(step)
      if (centred) become(step, step.b.op('Sub', [x, step.b.op('ReduceMean', [x, step.b.ints(axes)])]))
      else step.setAttribute('axes', ints(axes))
    },
  },
}
