import { reduce, read, stage } from '../expr/expr.ts'
import type { Dim } from '../ir/dim.ts'
import { dimDiffers } from '../ir/dim.ts'
import { broadcastShapes, readBroadcast } from './kit/broadcast.ts'
import type { Operator } from './operator.ts'

export const MatMul: Operator = {
  name: 'MatMul',
  infer(ctx) {
    const [a, b] = [ctx.shape(0), ctx.shape(1)]
    if (a === undefined || b === undefined) return ctx.output(0, ctx.dtype(0), undefined)
    if (a.length === 0 || b.length === 0) ctx.fail('an operand has no axes')
    const inner: [Dim, Dim] = [a.at(-1)!, b.at(b.length === 1 ? -1 : -2)!]
    if (dimDiffers(...inner)) ctx.fail(`inner sizes ${inner[0]} and ${inner[1]} differ`)
    const batch = broadcastShapes([a.slice(0, -2), b.slice(0, -2)])
    if (batch === null || batch === undefined) return ctx.fail(`batch sizes [${a.slice(0, -2).join()}] and [${b.slice(0, -2).join()}] do not broadcast`)
    ctx.output(0, ctx.dtype(0), [...batch, ...(a.length > 1 ? [a.at(-2)!] : []), ...(b.length > 1 ? [b.at(-1)!] : [])])
  },
  compute(k) {
    const [a, b] = [k.input(0), k.input(1)]
    const [rowA, columnB] = [a.shape.length > 1, b.shape.length > 1]
    const inner = a.shape.at(-1)!
    const sample = (buffer: typeof a, batch: Parameters<typeof readBroadcast>[1], tail: Parameters<typeof readBroadcast>[1]) => {
      const skip = batch.length - (buffer.shape.length - tail.length)
      return read(buffer, [...buffer.shape.slice(0, buffer.shape.length - tail.length).map((n, d) => (n === 1 ? 0 : batch[d + skip]!)), ...tail])
    }
    return [
      stage(k.outputShape(0), k.outputDType(0), (...i) => {
        const column = columnB ? [i.at(-1)!] : []
        const row = rowA ? [i[i.length - 1 - column.length]!] : []
        const batch = i.slice(0, i.length - row.length - column.length)
        return reduce('sum', [inner], n => sample(a, batch, [...row, n!]).mul(sample(b, batch, [n!, ...column])))
      }),
    ]
  },
}
