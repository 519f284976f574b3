import { read, scalarOf, stage } from '../expr/expr.ts'
import type { Dim } from '../ir/dim.ts'
import type { Value } from '../ir/model.ts'
import { addDims, ceilDivDims, lowerBound, maxDims, mulDims, subDims, unknownDim } from '../ir/dim.ts'
import { followedElements } from './kit/sizes.ts'
import { shapeOf } from './kit/algebra.ts'
import { castTo, counting, knownDType } from './kit/older.ts'
import { become } from './kit/versions.ts'
import type { InferContext, Operator } from './operator.ts'

export const Range: Operator = {
  name: 'Range',
  host: [0, 1, 2],
  infer(ctx) {
    const dtype = ctx.dtype(0) ?? ctx.dtype(1) ?? ctx.dtype(2)
    const [start, delta] = [sizeAt(ctx, 0), sizeAt(ctx, 2)]
    const count = countOf(ctx)
    const listed = typeof count === 'number' && count <= followedElements && start !== undefined && delta !== undefined
    ctx.output(0, dtype, [count], listed ? Array.from({ length: count }, (_, i) => addDims(start, mulDims(i, delta))) : undefined)
  },
  compute(k) {
    const dtype = k.outputDType(0)
    const [start, delta] = [read(k.input(0), k.input(0).shape.map(() => 0)), read(k.input(2), k.input(2).shape.map(() => 0))]
    return [stage(k.outputShape(0), dtype, i => start.add(i!.to(scalarOf(dtype)).mul(delta)))]
  },
  downgrade: {
    27: step => step.setAttribute('stash_type', undefined),
    11(step) {
      const { node, b } = step
      const dtype = knownDType(step)
      const [start, limit, delta] = node.inputs.map(v => b.op('Reshape', [v, b.ints([])]))
      const known = shapeOf(node.outputs[0])?.[0]
      const double = (v: Value | undefined) => castTo(b, v, 'float64')
      const count = () => castTo(b, b.op('Clip', [b.op('Ceil', [b.op('Div', [double(b.op('Sub', [limit, start])), double(delta)])]), b.scalar(0, 'float64')]), 'int64')
      // places of ones: the way to count before there was Range
      const places = typeof known === 'number' ? counting(b, [known]) : b.op('Squeeze', [b.op('NonZero', [b.op('Expand', [b.int(1), b.op('Unsqueeze', [count(), b.ints([0])])])]), b.ints([0])])
      become(step, b.op('Add', [start, b.op('Mul', [castTo(b, places, dtype), delta])]))
    },
  },
}

const sizeAt = (ctx: InferContext, input: number): Dim | undefined => ctx.shapeValue(input)?.[0]

/** ceil((limit - start) / delta), at least 0; in floats where they are floats. */
function countOf(ctx: InferContext): Dim {
  const [a, b, c] = [0, 1, 2].map(i => ctx.constant(i)?.[0])
  if (a !== undefined && b !== undefined && c !== undefined) {
    const count = Math.ceil((b - a) / c)
    if (c === 0 || !Number.isFinite(count)) ctx.fail(`a range from ${a} to ${b} in steps of ${c}`)
    return Math.max(0, count)
  }
  const [start, limit, delta] = [sizeAt(ctx, 0), sizeAt(ctx, 1), sizeAt(ctx, 2)]
  if (start === undefined || limit === undefined || typeof delta !== 'number' || delta === 0) return unknownDim()
  const count = delta > 0 ? ceilDivDims(subDims(limit, start), delta) : ceilDivDims(subDims(start, limit), -delta)
  return lowerBound(count) >= 0 ? count : maxDims(0, count)
}
