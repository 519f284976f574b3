import { unknownDim } from '../ir/dim.ts'
import { peekNumbers } from '../ir/tensor.ts'
import { elementCount } from '../ir/types.ts'
import { gatherPlaces } from './kit/host.ts'
import { scalarTensor } from './scalar.ts'
import type { InferContext, EvaluateContext, Operator } from './operator.ts'

function pooledShape(ctx: InferContext | EvaluateContext): readonly [number, number] {
  const shape = ctx.attributes.ints('pooled_shape')
  return shape?.length === 2 && shape.every(n => n > 0) ? (shape as readonly number[] as [number, number]) : ctx.fail(`pooled_shape [${shape?.join() ?? ''}]`)
}

/** To the nearest integer, halves away from zero. */
const nearest = (x: number): number => Math.sign(x) * Math.floor(Math.abs(x) + 0.5)

/** Where the bins of a region begin and end along an axis, within its size (Girshick, "Fast R-CNN", section 2.1). */
function binsOf(start: number, end: number, bins: number, size: number): readonly (readonly [number, number])[] {
  const step = Math.max(end - start + 1, 1) / bins
  const inside = (at: number): number => Math.min(Math.max(at + start, 0), size)
  return Array.from({ length: bins }, (_, i) => [inside(Math.floor(i * step)), inside(Math.ceil((i + 1) * step))] as const)
}

export const MaxRoiPool: Operator = {
  name: 'MaxRoiPool',
  infer(ctx) {
    const [x, rois] = [ctx.shape(0), ctx.shape(1)]
    if (x && x.length !== 4) ctx.fail(`its input has rank ${x.length}, not 4`)
    if (rois && rois.length !== 2) ctx.fail(`its regions have rank ${rois.length}, not 2`)
    ctx.output(0, ctx.dtype(0), [rois?.[0] ?? unknownDim(), x?.[1] ?? unknownDim(), ...pooledShape(ctx)])
  },
  evaluate(ctx) {
    const [image, regions] = [ctx.tensor(0), ctx.tensor(1)]
    const [x, rois] = [image, regions].map((t, i) => peekNumbers(t) ?? ctx.fail(`input ${i} has no numbers`)) as [number[], number[]]
    const [batches, channels, height, width] = image.shape as [number, number, number, number]
    const [rows, columns] = pooledShape(ctx)
    const scale = ctx.attributes.float('spatial_scale', 1)
    const count = regions.shape[0]!
    if (regions.shape[1] !== 5) ctx.fail(`regions of ${regions.shape[1]} numbers, not 5`)
    // place 0 is the zero of a bin that holds nothing
    const places = Array.from({ length: elementCount([count, channels, rows, columns]) }, () => 0)
    for (let n = 0; n < count; n++) {
      const [batch, ...corners] = rois.slice(5 * n, 5 * n + 5) as [number, ...number[]]
      if (!(batch >= 0 && batch < batches)) ctx.fail(`batch index ${batch}`)
      const [left, top, right, bottom] = corners.map(v => nearest(v * scale)) as [number, number, number, number]
      const [down, across] = [binsOf(top, bottom, rows, height), binsOf(left, right, columns, width)]
      for (let c = 0; c < channels; c++) {
        const start = (batch * channels + c) * height * width
        down.forEach(([y0, y1], r) =>
          across.forEach(([x0, x1], q) => {
            let best = -1
            for (let y = y0; y < y1; y++)
              for (let z = x0; z < x1; z++) {
                const at = start + y * width + z
                if (best < 0 || x[at]! > x[best]!) best = at
              }
            places[((n * channels + c) * rows + r) * columns + q] = best + 1
          }),
        )
      }
    }
    return [gatherPlaces([scalarTensor(image.dtype, 0), image], places, [count, channels, rows, columns])]
  },
}
