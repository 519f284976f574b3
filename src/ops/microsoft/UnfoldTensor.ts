import { read, stage } from '../../expr/expr.ts'
import { addDims, floorDivDims, subDims } from '../../ir/dim.ts'
import { axisOf, replaceAt } from '../kit/axes.ts'
import type { Operator } from '../operator.ts'

/** Stretches of an axis, each on an axis of its own behind all others. */
export const UnfoldTensor: Operator = {
  name: 'UnfoldTensor',
  domain: 'com.microsoft',
  moves: true,
  infer(ctx) {
    const shape = ctx.shape(0)
    const [size, step] = [ctx.attributes.int('size', 0), ctx.attributes.int('step', 1)]
    if (size < 1 || step < 1) ctx.fail(`stretches of ${size} in steps of ${step}`)
    if (shape === undefined) return ctx.output(0, ctx.dtype(0), undefined)
    const axis = axisOf(ctx, ctx.attributes.int('dim', -1), shape.length)
    const whole = shape[axis]!
    if (typeof whole === 'number' && whole < size) ctx.fail(`stretches of ${size} of an axis of ${whole}`)
    ctx.output(0, ctx.dtype(0), [...replaceAt(shape, axis, addDims(floorDivDims(subDims(whole, size), step), 1)), size])
  },
  compute(k) {
    const x = k.input(0)
    const axis = axisOf(k, k.attributes.int('dim', -1), x.shape.length)
    const step = k.attributes.int('step', 1)
    return [stage(k.outputShape(0), k.outputDType(0), (...i) => read(x, replaceAt(i.slice(0, -1), axis, i[axis]!.mul(step).add(i.at(-1)!))))]
  },
}
