import type { Expr } from '../expr/expr.ts'
import { constant, read, stage, sum } from '../expr/expr.ts'
import { inferConvolution, sumsOf } from './kit/conv.ts'
import { deformedConvolution } from './kit/deform-graph.ts'
import { readPixel } from './kit/grid.ts'
import { placeOf, windowOf } from './kit/window.ts'
import type { Operator } from './operator.ts'

export const DeformConv: Operator = {
  name: 'DeformConv',
  infer: ctx => ctx.output(0, ctx.dtype(0), inferConvolution(ctx)),
  compute(k) {
    const [x, w, offsets] = [k.input(0), k.input(1), k.input(2)]
    const [bias, mask] = [3, 4].map(i => (k.has(i) ? k.input(i) : undefined))
    const [group, parts] = [k.attributes.int('group', 1), k.attributes.int('offset_group', 1)]
    const [outputs, inner, ...kernel] = w.shape as [number, number, ...number[]]
    const [channels, ...image] = x.shape.slice(1) as [number, ...number[]]
    const shape = k.outputShape(0)
    const rank = image.length
    const taps = kernel.reduce((a, b) => a * b, 1)
    if (offsets.shape[1] !== parts * taps * rank || channels % parts !== 0) k.fail(`offsets of [${offsets.shape.join()}] in ${parts} groups`)
    const window = windowOf(k, image, kernel, shape.slice(2))
    const dtype = sumsOf(k.outputDType(0))
    // the image as every tap of every window sees it, between its elements
    const seen = stage([shape[0]!, channels, ...kernel, ...shape.slice(2)], dtype, (...i) => {
      const [n, c, t, o] = [i[0]!, i[1]!, i.slice(2, 2 + rank), i.slice(2 + rank)]
      const flat = t.reduce<Expr>((f, v, a) => f.mul(kernel[a]!).add(v), c.floordiv(channels / parts))
      const at = t.map((v, a) => placeOf(window, a, o[a]!, v).to('float').add(read(offsets, [n, flat.mul(rank).add(a), ...o]).to('float')))
      const first = at.map(v => v.apply('floor'))
      const value = sum(image.map(() => 2), (...s) => {
        const weight = at.map((v, a) => constant(1, 'float').sub(v.sub(first[a]!).sub(s[a]!.to('float')).abs())).reduce((p, q) => p.mul(q))
        return readPixel(x, [n, c], first.map((v, a) => v.to('int').add(s[a]!)), 'zeros', true).to('float').mul(weight)
      })
      return mask ? value.mul(read(mask, [n, flat, ...o]).to('float')) : value
    })
    const per = outputs / group
    return [
      stage(shape, k.outputDType(0), (...i) => {
        const g = group === 1 ? constant(0, 'int') : i[1]!.floordiv(per)
        const total = sum([inner, ...kernel], (c, ...t) => read(seen, [i[0]!, g.mul(inner).add(c!), ...t, ...i.slice(2)]).mul(read(w, [i[1]!, c!, ...t])))
        return bias ? total.add(read(bias, [i[1]!])) : total
      }),
    ]
  },
  decompose(b, node) {
    const y = deformedConvolution(b, node)
    return y && [y]
  },
}
