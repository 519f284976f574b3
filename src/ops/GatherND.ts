import { int64Tensor } from '../ir/tensor.ts'
import { elementCount } from '../ir/types.ts'
import { constant, read, stage } from '../expr/expr.ts'
import { indexInto, rangeOf } from './kit/axes.ts'
import { fromTheFront, knownShape } from './kit/older.ts'
import { become } from './kit/versions.ts'
import type { Operator, VersionStep } from './operator.ts'

export const GatherND: Operator = {
  name: 'GatherND',
  moves: true,
  indexed({ attributes, shape }) {
    const batch = attributes.int('batch_dims', 0)
    return [{ input: 1, ranges: shape(0).slice(batch, batch + shape(1).at(-1)!).map(rangeOf) }]
  },
  infer(ctx) {
    const [shape, indices] = [ctx.shape(0), ctx.shape(1)]
    const depth = indices?.at(-1)
    const batch = ctx.attributes.int('batch_dims', 0)
    if (indices?.length === 0) ctx.fail('indices have no axes')
    if (shape === undefined || indices === undefined || typeof depth !== 'number') return ctx.output(0, ctx.dtype(0), undefined)
    if (batch < 0 || batch >= indices.length || batch + depth > shape.length) ctx.fail(`indices [${indices.join()}] with ${batch} batch axes into [${shape.join()}]`)
    ctx.output(0, ctx.dtype(0), [...indices.slice(0, -1), ...shape.slice(batch + depth)])
  },
  compute(k) {
    const [x, indices] = [k.input(0), k.input(1)]
    const batch = k.attributes.int('batch_dims', 0)
    const depth = indices.shape.at(-1)!
    const outer = indices.shape.length - 1
    return [
      stage(k.outputShape(0), k.outputDType(0), (...i) =>
        read(x, [
          ...i.slice(0, batch),
          ...Array.from({ length: depth }, (_, j) => indexInto(read(indices, [...i.slice(0, outer), constant(j, 'int')]), x.shape[batch + j]!)),
          ...i.slice(outer),
        ]),
      ),
    ]
  },
  downgrade: {
    12(step) {
      if (step.attributes.int('batch_dims', 0) !== 0) return inOneRow(step)
      step.setAttribute('batch_dims', undefined)
    },
    11: inOneRow,
  },
}

/** Indices into several axes as places in one row of what they pick. */
function inOneRow(step: VersionStep): void {
  const { node, b, attributes } = step
  const [x, indices] = node.inputs
  const [shape, taken] = [knownShape(step, x), knownShape(step, indices)]
  const [batch, depth] = [attributes.int('batch_dims', 0), taken.at(-1)!]
  const inner = shape.slice(batch + depth)
  const sizes = shape.slice(batch, batch + depth)
  const column = (j: number) => b.op('Gather', [indices, b.int(j)], { axis: -1 })
  const terms = sizes.map((n, j) => b.op('Mul', [fromTheFront(b, column(j), n), b.int(elementCount(sizes.slice(j + 1)))]))
  const outer = taken.slice(0, -1)
  const [samples, each] = [elementCount(shape.slice(0, batch)), elementCount(sizes)]
  const sample = Array.from({ length: elementCount(outer) }, (_, n) => Math.floor(n / elementCount(outer.slice(batch))) * each)
  const places = terms.reduce((sum, t) => b.op('Add', [sum, t]), b.constant(int64Tensor(sample, outer)))
  const rows = b.op('Reshape', [x, b.ints([samples * each, ...inner])])
  become(step, b.op('Gather', [rows, places], { axis: 0 }))
}
