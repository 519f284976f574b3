import type { Expr } from '../expr/expr.ts'
import { constant, read, select, stage, sum } from '../expr/expr.ts'
import { floorDivDims, mulDims, unknownDim } from '../ir/dim.ts'
import { unknownShape } from '../ir/types.ts'
import { unfoldBlocks } from './kit/pool-graph.ts'
import { perAxis } from './kit/window.ts'
import type { Operator } from './operator.ts'

export const Col2Im: Operator = {
  name: 'Col2Im',
  linear: true,
  host: [1, 2],
  infer(ctx) {
    const [x, image, block] = [ctx.shape(0), ctx.shapeValue(1), ctx.shapeValue(2)]
    if (x && x.length !== 3) ctx.fail(`its input has rank ${x.length}, not 3`)
    const rank = image?.length ?? ctx.shape(1)?.[0]
    if (typeof rank !== 'number') return ctx.output(0, ctx.dtype(0), undefined)
    const channels = x && block ? floorDivDims(x[1]!, mulDims(...block)) : unknownDim()
    const spatial = image ?? unknownShape(rank)
    ctx.output(0, ctx.dtype(0), spatial && [x?.[0] ?? unknownDim(), channels, ...spatial])
  },
  compute(k) {
    const x = k.input(0)
    const shape = k.outputShape(0)
    const [image, block] = [shape.slice(2), k.value(2)]
    const rank = image.length
    const [strides, dilations] = [perAxis(k, 'strides', rank, 1), perAxis(k, 'dilations', rank, 1)]
    const pads = k.attributes.ints('pads') ?? Array.from({ length: 2 * rank }, () => 0)
    const counts = image.map((n, a) => Math.floor((n + pads[a]! + pads[a + rank]! - dilations[a]! * (block[a]! - 1) - 1) / strides[a]!) + 1)
    if (counts.reduce((a, b) => a * b, 1) !== x.shape[2]) k.fail(`${x.shape[2]} columns for [${counts.join()}] blocks`)
    const flat = (at: readonly Expr[], sizes: readonly number[], start: Expr): Expr => at.reduce((f, v, a) => f.mul(sizes[a]!).add(v), start)
    const zero = constant(0, 'int')
    return [
      stage(shape, k.outputDType(0), (...i) =>
        sum(block, (...t) => {
          let meets: Expr = constant(true, 'bool')
          const blocks = t.map((v, a) => {
            const place = i[2 + a]!.add(pads[a]!).sub(v.mul(dilations[a]!))
            const at = place.floordiv(strides[a]!)
            meets = meets.and(at.inside(0, counts[a]!))
            if (strides[a] !== 1) meets = meets.and(place.floormod(strides[a]!).eq(0))
            return at
          })
          return select(meets, read(x, [i[0]!, flat(t, block, i[1]!), flat(blocks, counts, zero)]), 0)
        }),
      ),
    ]
  },
  decompose: unfoldBlocks,
}
