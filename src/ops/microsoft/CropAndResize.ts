import type { Expr } from '../../expr/expr.ts'
import { constant, read, select, stage } from '../../expr/expr.ts'
import { unknownDim } from '../../ir/dim.ts'
import { indexInto } from '../kit/axes.ts'
import type { Operator } from '../operator.ts'

/** Boxes of images, each resized to the same size, with the corners of box and crop aligned. */
export const CropAndResize: Operator = {
  name: 'CropAndResize',
  domain: 'com.microsoft',
  host: [3],
  infer(ctx) {
    const [x, boxes] = [ctx.shape(0), ctx.shape(1)]
    if (x && x.length !== 4) ctx.fail(`its input has rank ${x.length}, not 4`)
    const size = ctx.shapeValue(3)
    if (size && (size.length !== 2 || size.some(n => typeof n === 'number' && n < 1))) ctx.fail(`a size of [${size.join()}]`)
    const mode = ctx.attributes.string('mode', 'bilinear')
    if (mode !== 'bilinear' && mode !== 'nearest') ctx.fail(`mode ${mode}`)
    ctx.output(0, ctx.dtype(0), [boxes?.[0] ?? unknownDim(), x?.[1] ?? unknownDim(), size?.[0] ?? unknownDim(), size?.[1] ?? unknownDim()])
  },
  compute(k) {
    const [x, boxes, batches] = [k.input(0), k.input(1), k.input(2)]
    const [batch, , ...image] = x.shape as [number, number, number, number]
    const shape = k.outputShape(0)
    const nearest = k.attributes.string('mode', 'bilinear') === 'nearest'
    const type = read(boxes, [0, 0]).type
    /** Where a place of a crop lies along an axis of the image. */
    const at = [0, 1].map(axis =>
      stage([shape[0]!, shape[2 + axis]!], boxes.dtype, (n, p) => {
        const [low, high] = [read(boxes, [n!, axis]), read(boxes, [n!, axis + 2])]
        const [last, count] = [image[axis]! - 1, shape[2 + axis]!]
        return count > 1 ? low.mul(last).add(p!.to(type).mul(high.sub(low).mul(last).div(count - 1))) : low.add(high).mul(0.5 * last)
      }),
    )
    return [
      stage(shape, k.outputDType(0), (n, c, ...p) => {
        const place = at.map((a, axis) => read(a, [n!, p[axis]!]))
        const inside = place.map((v, axis) => v.ge(0).and(v.le(image[axis]! - 1))).reduce((a, b) => a.and(b))
        const pixel = (rows: Expr, columns: Expr): Expr =>
          read(x, [indexInto(read(batches, [n!]), batch), c!, ...[rows, columns].map((v, axis) => v.to('int').clamp(0, image[axis]! - 1))])
        const value = nearest ? pixel(...(place.map(v => v.add(0.5).apply('floor')) as [Expr, Expr])) : bilinear(place as [Expr, Expr], pixel)
        return select(inside, value, constant(k.attributes.float('extrapolation_value', 0), value.type))
      }),
    ]
  },
}

function bilinear([y, x]: readonly [Expr, Expr], pixel: (y: Expr, x: Expr) => Expr): Expr {
  const [top, left] = [y.apply('floor'), x.apply('floor')]
  const [down, across] = [y.sub(top), x.sub(left)]
  const row = (at: Expr): Expr => {
    const first = pixel(at, left)
    return first.add(pixel(at, x.apply('ceil')).sub(first).mul(across))
  }
  const upper = row(top)
  return upper.add(row(y.apply('ceil')).sub(upper).mul(down))
}
