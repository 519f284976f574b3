import { read, stage } from '../expr/expr.ts'
import { axisOf, indexInto, indexedAlongAxis, replaceAt } from './kit/axes.ts'
import { flatIndices, flatIndicesOf } from './kit/flat-index.ts'
import { elementsAt, fromTheFront, knownShape } from './kit/older.ts'
import { become } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const GatherElements: Operator = {
  name: 'GatherElements',
  moves: true,
  indexed: indexedAlongAxis,
  infer(ctx) {
    const [shape, indices] = [ctx.shape(0), ctx.shape(1)]
    if (shape && indices && shape.length !== indices.length) ctx.fail(`indices of rank ${indices.length} into rank ${shape.length}`)
    if (shape) axisOf(ctx, ctx.attributes.int('axis', 0), shape.length)
    ctx.output(0, ctx.dtype(0), indices)
  },
  compute(k) {
    const [x, indices] = [k.input(0), k.input(1)]
    const axis = axisOf(k, k.attributes.int('axis', 0), x.shape.length)
    return [stage(k.outputShape(0), k.outputDType(0), (...i) => read(x, replaceAt(i, axis, indexInto(read(indices, i), x.shape[axis]!))))]
  },
  decompose(b, node) {
    const places = flatIndicesOf(b, node)
    return places && [elementsAt(b, node.inputs[0], places)]
  },
  downgrade: {
    11(step) {
      const { node, b, attributes } = step
      const [x, indices] = node.inputs
      const [shape, taken] = [knownShape(step, x), knownShape(step, indices)]
      const axis = axisOf({ fail: step.refuse }, attributes.int('axis', 0), shape.length)
      become(step, elementsAt(b, x, flatIndices(b, shape, fromTheFront(b, indices, shape[axis]!), taken, axis)))
    },
  },
}
