import { unknownDim } from '../ir/dim.ts'
import { int64Tensor, peekNumbers } from '../ir/tensor.ts'
import { numberAt } from './kit/host.ts'
import type { Operator } from './operator.ts'

type Box = readonly [top: number, left: number, bottom: number, right: number]

const area = ([top, left, bottom, right]: Box): number => Math.max(0, bottom - top) * Math.max(0, right - left)

function overlap(a: Box, b: Box): number {
  const shared = area([Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])])
  const both = area(a) + area(b) - shared
  return shared > 0 && both > 0 ? shared / both : 0
}

export const NonMaxSuppression: Operator = {
  name: 'NonMaxSuppression',
  infer: ctx => ctx.output(0, 'int64', [unknownDim(), 3]),
  evaluate(ctx) {
    const [boxes, scores] = [ctx.tensor(0), ctx.tensor(1)]
    const [batches, classes, count] = scores.shape as [number, number, number]
    if (scores.shape.length !== 3 || boxes.shape.join() !== [batches, count, 4].join()) ctx.fail(`boxes of [${boxes.shape.join()}] and scores of [${scores.shape.join()}]`)
    const [corners, values] = [peekNumbers(boxes)!, peekNumbers(scores)!]
    const [limit, threshold, least] = [numberAt(ctx, 2, 0), numberAt(ctx, 3, 0), numberAt(ctx, 4, -Infinity)]
    const centred = ctx.attributes.int('center_point_box', 0) === 1
    const boxAt = (batch: number, i: number): Box => {
      const [a, b, c, d] = corners.slice((batch * count + i) * 4, (batch * count + i) * 4 + 4) as [number, number, number, number]
      return centred ? [b - d / 2, a - c / 2, b + d / 2, a + c / 2] : [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)]
    }
    const out: number[] = []
    for (let batch = 0; batch < batches; batch++) {
      const all = Array.from({ length: count }, (_, i) => boxAt(batch, i))
      for (let of = 0; of < classes; of++) {
        const score = (i: number): number => values[(batch * classes + of) * count + i]!
        const order = all.map((_, i) => i).filter(i => score(i) > least).sort((a, b) => score(b) - score(a) || a - b)
        const kept: number[] = []
        for (const i of order) {
          if (kept.length >= limit) break
          if (kept.every(k => overlap(all[k]!, all[i]!) <= threshold)) kept.push(i)
        }
        out.push(...kept.flatMap(i => [batch, of, i]))
      }
    }
    return [int64Tensor(out, [out.length / 3, 3])]
  },
}
