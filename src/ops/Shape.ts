import { constant, select, stage } from '../expr/expr.ts'
import type { Expr } from '../expr/expr.ts'
import { shapeOf } from './kit/algebra.ts'
import { become } from './kit/versions.ts'
import type { AttributeReader, Operator } from './operator.ts'

/** The axes asked for; both ends are moved into the rank. */
function range(attributes: AttributeReader, rank: number): [number, number] {
  const place = (at: number) => Math.min(rank, Math.max(0, at < 0 ? at + rank : at))
  return [place(attributes.int('start', 0)), place(attributes.int('end', rank))]
}

export const Shape: Operator = {
  name: 'Shape',
  widening: 'ordered',
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape === undefined) return ctx.output(0, 'int64', undefined)
    const sizes = shape.slice(...range(ctx.attributes, shape.length))
    ctx.output(0, 'int64', [sizes.length], sizes)
  },
  compute(k) {
    const shape = k.input(0).shape
    const sizes = shape.slice(...range(k.attributes, shape.length))
    return [stage([sizes.length], 'int64', i => sizes.reduceRight<Expr>((rest, n, d) => select(i!.eq(d), constant(n, 'long'), rest), constant(0, 'long')))]
  },
  downgrade: {
    15(step) {
      const { node, b, attributes } = step
      const [start, end] = [attributes.int('start', 0), attributes.int('end')]
      for (const name of ['start', 'end']) step.setAttribute(name, undefined)
      if (start === 0 && (end === undefined || end >= (shapeOf(node.inputs[0])?.length ?? Infinity))) return
      become(step, b.op('Slice', [b.op('Shape', [node.inputs[0]]), b.ints([start]), b.ints([end ?? 2 ** 31 - 1])]))
    },
  },
}
