import type { Expr } from '../expr/expr.ts'
import { constant, read, scalarOf, stage } from '../expr/expr.ts'
import { staticShape, unknownShape } from '../ir/types.ts'
import type { Value } from '../ir/model.ts'
import { float32Tensor } from '../ir/tensor.ts'
import { dtypeOf, nodeAttributes, shapeOf } from './kit/algebra.ts'
import { castTo } from './kit/older.ts'
import { writtenOut } from './kit/written-out.ts'
import type { Operator } from './operator.ts'

export const AffineGrid: Operator = {
  name: 'AffineGrid',
  host: [1],
  infer(ctx) {
    const size = ctx.shapeValue(1)
    if (size && size.length !== 4 && size.length !== 5) ctx.fail(`a size of ${size.length} numbers`)
    const rank = ctx.shape(1)?.[0]
    ctx.output(0, ctx.dtype(0), size ? [size[0]!, ...size.slice(2), size.length - 2] : rank === 4 || rank === 5 ? [...unknownShape(rank - 1)!, rank - 2] : undefined)
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
  decompose(b, node) {
    const [theta] = node.inputs
    const [dtype, shape] = [dtypeOf(theta), staticShape(shapeOf(node.outputs[0]))]
    if (!theta || dtype === undefined || !shape) return undefined
    const corners = nodeAttributes(node).int('align_corners', 0) === 1
    const sizes = shape.slice(1, -1)
    const along = (d: number): Value => {
      const n = sizes[d]!
      const points = Array.from({ length: writtenOut(n) }, (_, i) => (corners ? (2 * i) / Math.max(1, n - 1) - 1 : (2 * i + 1) / n - 1))
      const row = castTo(b, b.constant(float32Tensor(points, [...sizes.map((_, e) => (e === d ? n : 1)), 1])), dtype)
      return b.op('Expand', [row, b.ints([...sizes, 1])])
    }
    const ones = b.op('Expand', [b.scalar(1, dtype), b.ints([...sizes, 1])])
    const points = b.op('Concat', [...sizes.map((_, d) => along(sizes.length - 1 - d)), ones], { axis: -1 })
    const rows = b.op('Reshape', [points, b.ints([-1, sizes.length + 1])])
    return [b.op('Reshape', [b.op('MatMul', [rows, b.op('Transpose', [theta], { perm: [0, 2, 1] })]), b.ints(shape)])]
  },
}
