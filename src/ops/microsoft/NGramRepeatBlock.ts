import { peekNumbers } from '../../ir/tensor.ts'
import { tensorOfElements } from '../kit/elements.ts'
import type { Operator } from '../operator.ts'

/** Takes every token out of the scores that would end a run of tokens that is there already. */
export const NGramRepeatBlock: Operator = {
  name: 'NGramRepeatBlock',
  domain: 'com.microsoft',
  infer(ctx) {
    if (ctx.attributes.int('ngram_size', 0) < 1) ctx.fail('ngram_size must be positive')
    ctx.output(0, ctx.dtype(1), ctx.shape(1))
  },
  evaluate(ctx) {
    const [ids, scores] = [ctx.tensor(0), ctx.tensor(1)]
    const [tokens, out] = [peekNumbers(ids)!, [...peekNumbers(scores)!]]
    const [batch, length] = ids.shape as [number, number]
    const words = scores.shape[1]!
    const size = ctx.attributes.int('ngram_size', 1)
    for (let n = 0; n < batch; n++) {
      const row = tokens.slice(n * length, (n + 1) * length)
      const last = row.slice(length - size + 1)
      for (let i = 0; i + size <= length; i++) {
        if (!last.every((token, at) => token === row[i + at])) continue
        const banned = row[i + size - 1]!
        if (banned < 0 || banned >= words) ctx.fail(`token ${banned} of ${words}`)
        out[n * words + banned] = -Infinity
      }
    }
    return [tensorOfElements(scores.dtype, scores.shape, out, 'float64', { saturate: true, rounding: 'up' })]
  },
}
