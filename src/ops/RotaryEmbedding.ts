import { read, select, stage } from '../expr/expr.ts'
import { indexInto } from './kit/axes.ts'
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
}
