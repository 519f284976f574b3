import type { Expr } from '../../expr/expr.ts'
import { constant, read, scalarOf, scan, select, stage } from '../../expr/expr.ts'
import type { Value } from '../../ir/model.ts'
import { peekNumbers } from '../../ir/tensor.ts'
import type { Operator } from '../operator.ts'
import { dtypeOf, nodeAttributes, shapeOf } from './algebra.ts'
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
    /** Every element takes in those up to 1, 2, 4 ... places before it (Hillis and Steele, 1986). */
    decompose(b, node) {
      const [x, along] = node.inputs
      const shape = shapeOf(x)
      const dtype = dtypeOf(x)
      const axis = along?.isConstant ? peekNumbers(along.constant)?.[0] : undefined
      const n = shape && axis !== undefined ? shape.at(axis) : undefined
      if (!x || dtype === undefined || axis === undefined || typeof n !== 'number' || n === 0) return undefined
      const attributes = nodeAttributes(node)
      const reverse = attributes.int('reverse', 0) === 1
      const part = (v: Value, from: number, to: number): Value => b.op('Slice', [v, b.ints([from]), b.ints([to]), b.ints([axis])])
      // the elements that have one `shift` places before them, those that have not, and the former's forerunners
      const far = (v: Value, shift: number): Value => (reverse ? part(v, 0, n - shift) : part(v, shift, n))
      const near = (v: Value, shift: number): Value => (reverse ? part(v, n - shift, n) : part(v, 0, shift))
      const shifted = (v: Value, shift: number): Value => (reverse ? part(v, shift, n) : part(v, 0, n - shift))
      const join = (first: Value, then: Value): Value => b.op('Concat', reverse ? [then, first] : [first, then], { axis })
      let running = x
      for (let shift = 1; shift < n; shift *= 2) running = join(near(running, shift), b.op(op === 'sum' ? 'Add' : 'Mul', [far(running, shift), shifted(running, shift)]))
      if (attributes.int('exclusive', 0) !== 1) return [n === 1 ? b.op('Identity', [x]) : running]
      const first = b.op('Expand', [b.scalar(op === 'sum' ? 0 : 1, dtype), b.op('Shape', [near(x, 1)])])
      return [n === 1 ? first : join(first, shifted(running, 1))]
    },
  }
}
