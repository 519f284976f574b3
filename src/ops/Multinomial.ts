import { unknownDim } from '../ir/dim.ts'
import { peekNumbers } from '../ir/tensor.ts'
import { dtypeOfNumber } from './kit/datatype.ts'
import { tensorOfElements } from './kit/elements.ts'
import { pairsOf } from './kit/random.ts'
import type { Operator } from './operator.ts'

/** Samples of all rows together that are drawn: 2^26 take seconds. */
const mostSamples = 2 ** 26

/** Shares that add up as they go, to 1 at the last class that can come. */
function cumulated(logits: readonly number[]): number[] {
  const highest = logits.reduce((a, b) => Math.max(a, b), -Infinity)
  const weights = logits.map(l => Math.exp(l - highest))
  const total = weights.reduce((a, b) => a + b, 0)
  let sum = 0
  return weights.map(w => (sum += w) / total)
}

export const Multinomial: Operator = {
  name: 'Multinomial',
  impure: true,
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape && shape.length !== 2) ctx.fail(`its input has rank ${shape.length}, not 2`)
    const count = ctx.attributes.int('sample_size', 1)
    const dtype = dtypeOfNumber(ctx.attributes.int('dtype', 6))
    if (count < 1) ctx.fail(`${count} samples`)
    if (dtype !== 'int32' && dtype !== 'int64') ctx.fail(`samples of ${dtype}`)
    ctx.output(0, dtype, [shape?.[0] ?? unknownDim(), count])
  },
  evaluate(ctx) {
    const x = ctx.tensor(0)
    const [rows, classes] = x.shape as [number, number]
    const logits = peekNumbers(x) ?? ctx.fail('its input has no numbers')
    const count = ctx.attributes.int('sample_size', 1)
    if (rows * count > mostSamples) ctx.fail(`${rows * count} samples`)
    if (classes === 0 && rows > 0) ctx.fail('no classes to draw from')
    const pairs = pairsOf(ctx.attributes)
    const out: number[] = []
    for (let row = 0; row < rows; row++) {
      const shares = cumulated(logits.slice(row * classes, (row + 1) * classes))
      if (!shares.at(-1)) ctx.fail(`row ${row} has no probabilities`)
      for (let i = 0; i < count; i++) {
        const u = pairs()[0] * shares.at(-1)!
        let [low, high] = [0, classes - 1]
        while (low < high) {
          const middle = (low + high) >> 1
          if (shares[middle]! > u) high = middle
          else low = middle + 1
        }
        out.push(low)
      }
    }
    return [tensorOfElements(ctx.outputDType(0), [rows, count], out, 'float64', { saturate: true, rounding: 'nearest' })]
  },
}
