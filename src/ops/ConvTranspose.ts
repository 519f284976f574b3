import type { Expr } from '../expr/expr.ts'
import { constant, read, select, stage, sum } from '../expr/expr.ts'
import { dimDiffers, mulDims } from '../ir/dim.ts'
import { sumsOf } from './kit/conv.ts'
import { spreadOf } from './kit/conv-transpose.ts'
import type { Operator } from './operator.ts'

export const ConvTranspose: Operator = {
  name: 'ConvTranspose',
  infer(ctx) {
    const [x, w] = [ctx.shape(0), ctx.shape(1)]
    if (x === undefined || w === undefined) return ctx.output(0, ctx.dtype(0), undefined)
    if (x.length < 3 || w.length !== x.length) ctx.fail(`weights of rank ${w.length} for an input of rank ${x.length}`)
    if (dimDiffers(x[1]!, w[0]!)) ctx.fail(`${x[1]} channels, but weights for ${w[0]}`)
    const group = ctx.attributes.int('group', 1)
    if (group < 1 || (typeof x[1] === 'number' && x[1] % group !== 0)) ctx.fail(`${x[1]} channels in ${group} groups`)
    const { sizes } = spreadOf(ctx, x.slice(2), ctx.attributes.ints('kernel_shape') ?? w.slice(2))
    if (sizes.some(n => typeof n === 'number' && n < 0)) ctx.fail(`output sizes [${sizes.join()}]`)
    ctx.output(0, ctx.dtype(0), [x[0]!, mulDims(w[1]!, group), ...sizes])
  },
  compute(k) {
    const [x, w] = [k.input(0), k.input(1)]
    const bias = k.has(2) ? k.input(2) : undefined
    const group = k.attributes.int('group', 1)
    const [inputs, per, ...kernel] = w.shape as [number, number, ...number[]]
    const inner = inputs / group
    const image = x.shape.slice(2)
    const rank = image.length
    const shape = k.outputShape(0)
    const { strides, dilations, before } = spreadOf(k, image, kernel)
    const columns = stage([x.shape[0]!, group, per, ...kernel, ...image], sumsOf(k.outputDType(0)), (...i) => {
      const [n, g, m] = [i[0]!, i[1]!, i[2]!]
      return sum([inner], c => {
        const channel = g.mul(inner).add(c!)
        return read(x, [n, channel, ...i.slice(3 + rank)]).mul(read(w, [channel, m, ...i.slice(3, 3 + rank)]))
      })
    })
    // an axis without dilation meets only every stride-th tap, counted from the remainder
    const taps = kernel.map((n, a) => (dilations[a] === 1 ? Math.ceil(n / strides[a]!) : n))
    return [
      stage(shape, k.outputDType(0), (...i) => {
        const total = sum(taps, (...t) => {
          let meets: Expr = constant(true, 'bool')
          const at = t.map((v, a): [Expr, Expr] => {
            const [s, d, size] = [strides[a]!, dilations[a]!, image[a]!]
            const place = i[2 + a]!.add(before[a] as number)
            const last = shape[2 + a]! - 1 + (before[a] as number)
            const tap = d === 1 ? place.floormod(s).add(v.mul(s)) : v
            const source = d === 1 ? place.floordiv(s).sub(v) : place.sub(v.mul(d)).floordiv(s)
            if (d === 1 && kernel[a]! % s !== 0) meets = meets.and(tap.lt(kernel[a]!))
            if (d !== 1 && s !== 1) meets = meets.and(place.sub(v.mul(d)).floormod(s).eq(0))
            if (taps[a]! > 1) meets = meets.and(source.ge(0))
            if (Math.floor(last / s) >= size) meets = meets.and(source.lt(size))
            return [tap, source]
          })
          const column = read(columns, [i[0]!, i[1]!.floordiv(per), i[1]!.floormod(per), ...at.map(p => p[0]), ...at.map(p => p[1])])
          return select(meets, column, 0)
        })
        return bias ? total.add(read(bias, [i[1]!])) : total
      }),
    ]
  },
}
