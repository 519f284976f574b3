import type { Expr } from '../expr/expr.ts'
import { constant, read, scalarOf, stage } from '../expr/expr.ts'
import { unknownShape } from '../ir/types.ts'
import type { Operator } from './operator.ts'

export const AffineGrid: Operator = {
  name: 'AffineGrid',
  host: [1],
  infer(ctx) {
    const size = ctx.shapeValue(1)
    if (size && size.length !== 4 && size.length !== 5) ctx.fail(`a size of ${size.length} numbers`)
    const rank = ctx.shape(1)?.[0]
    ctx.output(0, ctx.dtype(0), size ? [size[0]!, ...size.slice(2), size.length - 2] : typeof rank === 'number' ? unknownShape(rank) : undefined)
  },
  compute(k) {
    const theta = k.input(0)
    const shape = k.outputShape(0)
    const corners = k.attributes.int('align_corners', 0) === 1
    const rank = shape.length - 2
    const type = scalarOf(theta.dtype)
    // coordinates from the innermost axis outward, from -1 to 1
    const coordinate = (i: readonly Expr[], axis: number): Expr => {
      const d = rank - axis
      const size = shape[d]!
      const at = i[d]!.to('double')
      return (corners ? at.mul(2 / Math.max(1, size - 1)).sub(1) : at.mul(2).add(1).div(size).sub(1)).to(type)
    }
    return [
      stage(shape, k.outputDType(0), (...i) => {
        const row = [i[0]!, i.at(-1)!]
        const terms = Array.from({ length: rank }, (_, axis) => read(theta, [...row, constant(axis, 'int')]).mul(coordinate(i, axis)))
        return terms.reduce((a, b) => a.add(b), read(theta, [...row, constant(rank, 'int')]))
      }),
    ]
  },
}
