import type { Expr } from '../../expr/expr.ts'
import { constant, read, scalarOf, scan, select, stage } from '../../expr/expr.ts'
import type { Operator } from '../operator.ts'
import { axisOf, replaceAt } from './axes.ts'

/** An operator that sums or multiplies along an axis as it goes. */
export function cumulate(name: string, op: 'sum' | 'prod'): Operator {
  return {
    name,
    host: [1],
    infer(ctx) {
      const shape = ctx.shape(0)
      const axis = ctx.constant(1)
      if (shape && axis) axisOf(ctx, axis[0] ?? 0, shape.length)
      ctx.output(0, ctx.dtype(0), shape)
    },
    compute(k) {
      const x = k.input(0)
      const axis = axisOf(k, k.value(1)[0]!, x.shape.length)
      const n = x.shape[axis]!
      const [reverse, exclusive] = [k.attributes.int('reverse', 0) === 1, k.attributes.int('exclusive', 0) === 1]
      const flip = (v: Expr): Expr => (reverse ? constant(n - 1, 'int').sub(v) : v)
      const running = scan(x.shape, k.outputDType(0), axis, op, (...i) => {
        const at = exclusive ? i[axis]!.sub(1) : i[axis]!
        const element = read(x, replaceAt<Expr>(i, axis, flip(at)))
        return exclusive ? select(at.ge(0), element, constant(op === 'sum' ? 0 : 1, scalarOf(x.dtype))) : element
      })
      return [reverse ? stage(x.shape, k.outputDType(0), (...i) => read(running, replaceAt<Expr>(i, axis, flip(i[axis]!)))) : running]
    },
  }
}
