import { unknownDim } from '../ir/dim.ts'
import { peekNumbers } from '../ir/tensor.ts'
import { elementCount } from '../ir/types.ts'
import { tensorOfElements } from './kit/elements.ts'
import { alignedRegions } from './kit/region-graph.ts'
import { withoutString } from './kit/steps.ts'
import type { EvaluateContext, Operator } from './operator.ts'

/** Products beyond which a node is refused, and how many of them a sample counts for: this many take a few seconds. */
const mostWork = 2 ** 29
const sampleWork = 32

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
    const regions = batches.map((_, n) => regionOf(ctx, rois.slice(4 * n, 4 * n + 4), rows, columns))
    const work = regions.reduce((sum, { down, across }) => sum + rows * columns * (1 + sampleWork * down * across + channels * (1 + Math.min(4 * down * across, height * width))), 0)
    if (work > mostWork) ctx.fail(`${work} steps for ${rows}x${columns} bins of up to ${Math.max(...regions.map(r => r.down * r.across))} samples, more than ${mostWork}`)
    const out = new Float64Array(elementCount(shape))
    batches.forEach((batch, n) => {
      if (batch < 0 || batch >= ctx.tensor(0).shape[0]!) ctx.fail(`batch index ${batch}`)
      for (let y = 0; y < rows; y++)
        for (let z = 0; z < columns; z++) {
          const { reads, least } = binOf(regions[n]!, y, z, height, width, greatest)
          for (let c = 0; c < channels; c++) {
            const image = (batch * channels + c) * height * width
            let result = least
            for (const [place, [low, high]] of reads) {
              const value = x[image + place]!
              if (!greatest) result += low * value
              else result = Math.max(result, low * value, high * value)
            }
            out[((n * channels + c) * rows + y) * columns + z] = result
          }
        }
    })
    return [tensorOfElements(ctx.outputDType(0), shape, Array.from(out), 'float64', { saturate: true, rounding: 'up' })]
  },
  decompose(b, node) {
    const bins = alignedRegions(b, node)
    return bins && [bins]
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
interface Region {
  readonly top: number
  readonly left: number
  readonly tall: number
  readonly wide: number
  readonly down: number
  readonly across: number
}

function regionOf(ctx: EvaluateContext, roi: readonly number[], rows: number, columns: number): Region {
  const half = ctx.attributes.string('coordinate_transformation_mode', 'half_pixel') === 'half_pixel'
  const [x1, y1, x2, y2] = roi.map(v => v * ctx.attributes.float('spatial_scale', 1) - (half ? 0.5 : 0)) as [number, number, number, number]
  const [height, width] = [y2 - y1, x2 - x1].map(n => (half ? n : Math.max(n, 1))) as [number, number]
  const samples = ctx.attributes.int('sampling_ratio', 0)
  const count = (size: number, bins: number): number => (samples > 0 ? samples : Math.max(0, Math.ceil(size / bins)) || 0)
  return { top: y1, left: x1, tall: height / rows, wide: width / columns, down: count(height, rows), across: count(width, columns) }
}

/** What the samples of a bin read: the least and the greatest weight of each place, or its share of the mean. */
interface Bin {
  readonly reads: ReadonlyMap<number, readonly [number, number]>
  /** What the bin is at least, or is before anything is added. */
  readonly least: number
}

function binOf({ top, left, tall, wide, down, across }: Region, row: number, column: number, height: number, width: number, greatest: boolean): Bin {
  const reads = new Map<number, [number, number]>()
  const samples = down * across
  let outside = samples === 0
  for (let a = 0; a < down; a++)
    for (let b = 0; b < across; b++)
      for (const [place, weight] of corners(top + (row + (a + 0.5) / down) * tall, left + (column + (b + 0.5) / across) * wide, height, width)) {
        const known = reads.get(place)
        if (place < 0) outside = true
        else if (!greatest) reads.set(place, [(known?.[0] ?? 0) + weight / samples, 0])
        else reads.set(place, known ? [Math.min(known[0], weight), Math.max(known[1], weight)] : [weight, weight])
      }
  return { reads, least: greatest && !outside ? -Infinity : 0 }
}

/** The four neighbours of a place with their weights; -1 for one outside the image by more than an element, which is 0. */
function corners(y: number, x: number, height: number, width: number): [number, number][] {
  if (!(y >= -1 && y <= height && x >= -1 && x <= width)) return [[-1, 0]]
  const axis = (v: number, size: number): [number, number, number] => {
    const low = Math.min(Math.floor(Math.max(v, 0)), size - 1)
    return low >= size - 1 ? [low, low, 0] : [low, low + 1, Math.max(v, 0) - low]
  }
  const [[y0, y1, dy], [x0, x1, dx]] = [axis(y, height), axis(x, width)]
  return [[y0 * width + x0, (1 - dy) * (1 - dx)], [y0 * width + x1, (1 - dy) * dx], [y1 * width + x0, dy * (1 - dx)], [y1 * width + x1, dy * dx]]
}
