import { addDims, floorDivDims, unknownDim } from '../ir/dim.ts'
import { dtypeOfNumber } from './kit/datatype.ts'
import { tensorOfDoubles } from './kit/doubles.ts'
import { numberAt } from './kit/host.ts'
import type { Operator } from './operator.ts'

/** More elements than any filter bank has; a size beyond comes from a broken file. */
const elementLimit = 2 ** 28

export const MelWeightMatrix: Operator = {
  name: 'MelWeightMatrix',
  host: [0, 1],
  infer(ctx) {
    const number = ctx.attributes.int('output_datatype', 1)
    const [bands, length] = [0, 1].map(i => ctx.shapeValue(i)?.[0])
    for (const n of [bands, length]) if (typeof n === 'number' && n < 0) ctx.fail(`${n} bands or samples`)
    ctx.output(0, dtypeOfNumber(number) ?? ctx.fail(`output_datatype ${number}`), [length === undefined ? unknownDim() : addDims(floorDivDims(length, 2), 1), bands ?? unknownDim()])
  },
  evaluate(ctx) {
    const [bands, length, rate, low, high] = [0, 1, 2, 3, 4].map(i => numberAt(ctx, i, 0)) as [number, number, number, number, number]
    const bins = Math.floor(length / 2) + 1
    if (bands < 0 || length < 0 || rate < 1 || bins * bands > elementLimit || bands > elementLimit) ctx.fail(`${bands} bands over ${length} samples at ${rate} Hz`)
    const mel = (hertz: number): number => 2595 * Math.log10(1 + hertz / 700)
    const step = (mel(high) - mel(low)) / (bands + 2)
    const edges = Array.from({ length: bands + 2 }, (_, i) => Math.floor(((length + 1) * (700 * (10 ** ((i * step + mel(low)) / 2595) - 1))) / rate))
    const out = new Float64Array(bins * bands)
    const put = (bin: number, band: number, value: number): void => {
      if (bin >= 0 && bin < bins) out[bin * bands + band] = value
    }
    for (let band = 0; band < bands; band++) {
      const [left, center, right] = edges.slice(band, band + 3) as [number, number, number]
      if (left === center) put(center, band, 1)
      else for (let bin = Math.max(0, left); bin <= Math.min(center, bins - 1); bin++) put(bin, band, (bin - left) / (center - left))
      if (right > center) for (let bin = Math.max(0, center); bin < Math.min(right, bins); bin++) put(bin, band, (right - bin) / (right - center))
    }
    return [tensorOfDoubles(ctx.outputDType(0), [bins, bands], out)]
  },
}
