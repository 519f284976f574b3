import { read, select, stage } from '../expr/expr.ts'
import type { Value } from '../ir/model.ts'
import { indexInto } from './kit/axes.ts'
import { nodeAttributes, shapeOf } from './kit/algebra.ts'
import { sizeOf } from './kit/normalize.ts'
import { reshapeTo } from './kit/reshape-to.ts'
import type { Operator } from './operator.ts'

export const RotaryEmbedding: Operator = {
  name: 'RotaryEmbedding',
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape && shape.length !== 4 && (shape.length !== 3 || !ctx.attributes.int('num_heads', 0))) ctx.fail(`an input of rank ${shape.length} without a number of heads`)
    ctx.output(0, ctx.dtype(0), shape)
  },
  compute(k) {
    const [x, cos, sin] = [k.input(0), k.input(1), k.input(2)]
    const positions = k.has(3) ? k.input(3) : undefined
    const flat = x.shape.length === 3
    const size = flat ? x.shape[2]! / k.attributes.int('num_heads', 1) : x.shape[3]!
    const turned = k.attributes.int('rotary_embedding_dim', 0) || size
    if (turned > size || turned % 2 !== 0 || !Number.isInteger(size)) k.fail(`${turned} of ${size} elements of a head can't be turned`)
    const half = turned / 2
    const woven = k.attributes.int('interleaved', 0) === 1
    return [
      stage(x.shape, k.outputDType(0), (...i) => {
        const batch = i[0]!
        const [row, d] = flat ? [i[1]!, i[2]!.floormod(size)] : [i[2]!, i[3]!]
        const pair = woven ? d.floordiv(2) : d.floormod(half)
        const second = woven ? d.floormod(2).eq(1) : d.ge(half)
        const angle = (table: typeof cos) =>
          positions ? read(table, [indexInto(read(positions, [batch, row]), table.shape[0]!), pair.clamp(0, half - 1)]) : read(table, [batch, row, pair.clamp(0, half - 1)])
        const shift = woven ? 1 : half
        const other = (by: number) => read(x, [...i.slice(0, -1), i.at(-1)!.add(by)])
        const own = read(x, i)
        const rotated = select(second, own.mul(angle(cos)).add(other(-shift).mul(angle(sin))), own.mul(angle(cos)).sub(other(shift).mul(angle(sin))))
        return turned === size ? rotated : select(d.lt(turned), rotated, own)
      }),
    ]
  },
  decompose(b, node) {
    const attributes = nodeAttributes(node)
    const [x, cos, sin, positions] = node.inputs
    const [flat, heads] = [shapeOf(x)?.length === 3, attributes.int('num_heads', 0)]
    const headed = flat ? reshapeTo(b, x!, [[x!, 0], [x!, 1], heads, -1]) : x && shapeOf(x)?.length === 4 ? b.op('Transpose', [x], { perm: [0, 2, 1, 3] }) : undefined
    const size = headed && sizeOf(headed, 3)
    if (!headed || size === undefined) return undefined
    const turned = attributes.int('rotary_embedding_dim', 0) || size
    const woven = attributes.int('interleaved', 0) === 1
    const [front, rest] = turned === size ? [headed] : b.ops('Split', [headed, b.ints([turned, size - turned])], 2, { axis: 3 })
    // pairs side by side lie on an axis of their own, halves one behind the other
    const axis = woven ? 4 : 3
    const paired = woven ? reshapeTo(b, front!, [[front!, 0], [front!, 1], [front!, 2], turned / 2, 2]) : front!
    const [first, second] = b.ops('Split', [paired], 2, { axis, num_outputs: 2 })
    const angles = [cos, sin].map(table => b.op('Unsqueeze', [positions ? b.op('Gather', [table, positions]) : table, b.ints(woven ? [2, 4] : [2])]))
    const product = (part: Value | undefined, which: number): Value => b.op('Mul', [part, angles[which]])
    const real = b.op('Sub', [product(first, 0), product(second, 1)])
    const imaginary = b.op('Add', [product(first, 1), product(second, 0)])
    const joined = b.op('Concat', [real, imaginary], { axis })
    const together = woven ? reshapeTo(b, joined, [[front!, 0], [front!, 1], [front!, 2], turned]) : joined
    const whole = rest ? b.op('Concat', [together, rest], { axis: 3 }) : together
    return [flat ? reshapeTo(b, whole, [[x!, 0], [x!, 1], [x!, 2]]) : b.op('Transpose', [whole], { perm: [0, 2, 1, 3] })]
  },
}
