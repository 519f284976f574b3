import { read, select, stage } from '../../expr/expr.ts'
import type { Operator } from '../operator.ts'
import { axisOf } from './axes.ts'
import { readBroadcast } from './broadcast.ts'
import { reduceAt, reducedShape, reducedStage } from './reduce.ts'
import { become } from './versions.ts'

/** ArgMax or ArgMin: the first (or last) place whose element is the extreme; NaN counts as extreme. */
export function argOperator(name: string, extreme: 'max' | 'min'): Operator {
  return {
    name,
    widening: 'ordered',
    infer(ctx) {
      const shape = ctx.shape(0)
      const axis = shape && axisOf(ctx, ctx.attributes.int('axis', 0), shape.length)
      ctx.output(0, 'int64', shape && reducedShape(shape, [axis!], ctx.attributes.int('keepdims', 1) !== 0))
    },
    compute(k) {
      const x = k.input(0)
      const axis = axisOf(k, k.attributes.int('axis', 0), x.shape.length)
      const size = x.shape[axis]!
      if (size === 0) k.fail(`axis ${axis} is empty`)
      const keep = k.attributes.int('keepdims', 1) !== 0
      const last = k.attributes.int('select_last_index', 0) !== 0
      const best = reducedStage(extreme, x.shape, x.dtype, [axis], (...i) => read(x, i))
      return [
        stage(reducedShape(x.shape, [axis], keep), 'int64', (...out) =>
          reduceAt(last ? 'max' : 'min', x.shape, [axis], keep, out, (...i) => {
            const e = read(x, i)
            const equal = e.eq(readBroadcast(best, i))
            return select(e.type === 'float' || e.type === 'double' ? equal.or(e.apply('isnan')) : equal, i[axis]!, last ? -1 : size)
          }),
        ),
      ]
    },
    downgrade: {
      12(step) {
        const { node, b, attributes } = step
        const last = attributes.int('select_last_index', 0) !== 0
        step.setAttribute('select_last_index', undefined)
        if (!last) return
        const axis = attributes.int('axis', 0)
        const backwards = b.op('Slice', [node.inputs[0], b.ints([-1]), b.ints([-(2 ** 31)]), b.ints([axis]), b.ints([-1])])
        const size = b.op('Gather', [b.op('Shape', [node.inputs[0]]), b.int(axis)])
        become(step, b.op('Sub', [b.op('Sub', [size, b.int(1)]), b.op(name, [backwards], node.attributes)]))
      },
    },
  }
}
