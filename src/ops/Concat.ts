import type { Expr } from '../expr/expr.ts'
import { read, select, stage } from '../expr/expr.ts'
import type { Dim } from '../ir/dim.ts'
import { addDims, dimDiffers, unknownDim } from '../ir/dim.ts'
import { axisOf, replaceAt } from './kit/axes.ts'
import { followedElements, isUnknown } from './kit/sizes.ts'
import type { Operator } from './operator.ts'

export const Concat: Operator = {
  name: 'Concat',
  moves: true,
  infer(ctx) {
    const all = Array.from({ length: ctx.inputCount }, (_, i) => ctx.shape(i))
    const known = all.filter(s => s !== undefined)
    const rank = known[0]?.length
    if (rank === undefined) return ctx.output(0, ctx.dtype(0), undefined)
    const axis = axisOf(ctx, ctx.attributes.int('axis') ?? ctx.fail('attribute axis is missing'), rank)
    if (known.some(s => s.length !== rank)) ctx.fail(`ranks ${known.map(s => s.length).join(', ')}`)
    const shape = known[0]!.map((d, i): Dim => {
      const sizes = known.map(s => s[i]!)
      if (i === axis) return all.length === known.length ? addDims(...sizes) : unknownDim()
      for (const other of sizes) if (dimDiffers(other, d)) ctx.fail(`axis ${i} has sizes ${sizes.join(', ')}`)
      return sizes.find(s => typeof s === 'number') ?? sizes.find(s => !isUnknown(s)) ?? d
    })
    const parts = rank === 1 ? all.map((_, i) => ctx.shapeValue(i)) : []
    const elements = parts.length > 0 && parts.every(p => p !== undefined) ? parts.flat() : undefined
    ctx.output(0, ctx.dtype(0), shape, elements && elements.length <= followedElements ? elements : undefined)
  },
  compute(k) {
    const parts = Array.from({ length: k.inputCount }, (_, i) => k.input(i))
    const axis = axisOf(k, k.attributes.int('axis', 0), parts[0]!.shape.length)
    const starts: number[] = []
    let end = 0
    for (const p of parts) {
      starts.push(end)
      end += p.shape[axis]!
    }
    const pick = (i: readonly Expr[], from: number, to: number): Expr => {
      if (to - from === 1) return read(parts[from]!, replaceAt(i, axis, i[axis]!.sub(starts[from]!)))
      const middle = (from + to) >> 1
      return select(i[axis]!.lt(starts[middle]!), pick(i, from, middle), pick(i, middle, to))
    }
    return [stage(k.outputShape(0), k.outputDType(0), (...i) => pick(i, 0, parts.length))]
  },
  upgrade: {
    4(step) {
      if (!step.attributes.has('axis')) step.setAttribute('axis', { type: 'int', value: 1 })
    },
  },
}
