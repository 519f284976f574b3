import { read, scatter } from '../expr/expr.ts'
import type { Value } from '../ir/model.ts'
import { staticShape } from '../ir/types.ts'
import { nodeAttributes, shapeOf } from './kit/algebra.ts'
import { axisOf, indexInto, indexedAlongAxis, replaceAt } from './kit/axes.ts'
import { flatIndicesOf } from './kit/flat-index.ts'
import { checkReduction, reductionOf, scatterDowngrade } from './kit/scatter.ts'
import type { Operator } from './operator.ts'

export const ScatterElements: Operator = {
  name: 'ScatterElements',
  moves: true,
  indexed: indexedAlongAxis,
  infer(ctx) {
    checkReduction(ctx)
    const [shape, indices] = [ctx.shape(0), ctx.shape(1)]
    if (shape && indices && shape.length !== indices.length) ctx.fail(`indices of rank ${indices.length} into rank ${shape.length}`)
    if (shape) axisOf(ctx, ctx.attributes.int('axis', 0), shape.length)
    ctx.output(0, ctx.dtype(0), shape)
  },
  compute(k) {
    const [x, indices, updates] = [k.input(0), k.input(1), k.input(2)]
    const axis = axisOf(k, k.attributes.int('axis', 0), x.shape.length)
    const put = (u: Parameters<typeof read>[1]) => ({
      at: replaceAt(u, axis, indexInto(read(indices, u), x.shape[axis]!)),
      value: read(updates, u),
    })
    return [scatter(x.shape, k.outputDType(0), (...i) => read(x, i), indices.shape, (...u) => put(u), reductionOf(k))]
  },
  decompose(b, node) {
    const [x, , updates] = node.inputs
    const places = flatIndicesOf(b, node)
    if (!places) return undefined
    const row = (v: Value | undefined): Value => b.op('Reshape', [v, b.ints([-1])])
    const spread = b.op('ScatterND', [row(x), b.op('Reshape', [places, b.ints([-1, 1])]), row(updates)], { reduction: nodeAttributes(node).string('reduction', 'none') })
    return [b.op('Reshape', [spread, b.ints(staticShape(shapeOf(x))!)])]
  },
  downgrade: {
    ...scatterDowngrade,
    11(step) {
      step.node.op = 'Scatter'
    },
  },
}
