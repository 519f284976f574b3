import { unknownDim } from '../ir/dim.ts'
import { peekNumbers } from '../ir/tensor.ts'
import { elementCount } from '../ir/types.ts'
import { tensorOfElements } from './kit/elements.ts'
import { withoutString } from './kit/steps.ts'
import type { EvaluateContext, Operator } from './operator.ts'

export const RoiAlign: Operator = {
  name: 'RoiAlign',
  infer(ctx) {
    const [x, rois] = [ctx.shape(0), ctx.shape(1)]
    if (x && x.length !== 4) ctx.fail(`its input has rank ${x.length}, not 4`)
    ctx.output(0, ctx.dtype(0), [rois?.[0] ?? unknownDim(), x?.[1] ?? unknownDim(), ctx.attributes.int('output_height', 1), ctx.attributes.int('output_width', 1)])
  },
  evaluate(ctx) {
    const [x, rois, batches] = [0, 1, 2].map(i => peekNumbers(ctx.tensor(i)) ?? ctx.fail(`input ${i} has no numbers`)) as [number[], number[], number[]]
    const [, channels, height, width] = ctx.tensor(0).shape as [number, number, number, number]
    const [rows, columns] = [ctx.attributes.int('output_height', 1), ctx.attributes.int('output_width', 1)]
    const shape = [batches.length, channels, rows, columns]
    const greatest = ctx.attributes.string('mode', 'avg') === 'max'
    const out = Array.from({ length: elementCount(shape) }, () => 0)
    batches.forEach((batch, n) => {
      if (batch < 0 || batch >= ctx.tensor(0).shape[0]!) ctx.fail(`batch index ${batch}`)
      const { top, left, tall, wide, down, across } = regionOf(ctx, rois.slice(4 * n, 4 * n + 4), rows, columns)
      for (let c = 0; c < channels; c++) {
        const image = (batch * channels + c) * height * width
        for (let y = 0; y < rows; y++)
          for (let z = 0; z < columns; z++) {
            let result = greatest ? -Infinity : 0
            for (let a = 0; a < down; a++)
              for (let b = 0; b < across; b++) {
                const parts = corners(top + (y + (a + 0.5) / down) * tall, left + (z + (b + 0.5) / across) * wide, height, width).map(([at, weight]) => weight * x[image + at]!)
                result = greatest ? Math.max(result, ...parts) : result + parts.reduce((p, q) => p + q, 0)
              }
            out[((n * channels + c) * rows + y) * columns + z] = greatest ? (down * across > 0 ? result : 0) : result / Math.max(1, down * across)
          }
      }
    })
    return [tensorOfElements(ctx.outputDType(0), shape, out, 'float64', { saturate: true, rounding: 'up' })]
  },
  upgrade: {
    16: step => step.setAttribute('coordinate_transformation_mode', { type: 'string', value: 'output_half_pixel' }),
  },
  downgrade: {
    16(step) {
      if (!step.attributes.has('coordinate_transformation_mode')) step.refuse('half_pixel came later')
      withoutString('coordinate_transformation_mode', 'output_half_pixel')(step)
    },
  },
}

/** Where a region begins, how large its bins are and how many samples a bin gets along each axis. */
function regionOf(ctx: EvaluateContext, roi: readonly number[], rows: number, columns: number) {
  const half = ctx.attributes.string('coordinate_transformation_mode', 'half_pixel') === 'half_pixel'
  const [x1, y1, x2, y2] = roi.map(v => v * ctx.attributes.float('spatial_scale', 1) - (half ? 0.5 : 0)) as [number, number, number, number]
  const [height, width] = [y2 - y1, x2 - x1].map(n => (half ? n : Math.max(n, 1))) as [number, number]
  const samples = ctx.attributes.int('sampling_ratio', 0)
  const count = (size: number, bins: number): number => (samples > 0 ? samples : Math.max(0, Math.ceil(size / bins)))
  return { top: y1, left: x1, tall: height / rows, wide: width / columns, down: count(height, rows), across: count(width, columns) }
}

/** The four neighbours of a place with their weights; none outside the image by more than an element. */
function corners(y: number, x: number, height: number, width: number): [number, number][] {
  if (!(y >= -1 && y <= height && x >= -1 && x <= width)) return [[0, 0]]
  const axis = (v: number, size: number): [number, number, number] => {
    const low = Math.min(Math.floor(Math.max(v, 0)), size - 1)
    return low >= size - 1 ? [low, low, 0] : [low, low + 1, Math.max(v, 0) - low]
  }
  const [[y0, y1, dy], [x0, x1, dx]] = [axis(y, height), axis(x, width)]
  return [[y0 * width + x0, (1 - dy) * (1 - dx)], [y0 * width + x1, (1 - dy) * dx], [y1 * width + x0, dy * (1 - dx)], [y1 * width + x1, dy * dx]]
}
