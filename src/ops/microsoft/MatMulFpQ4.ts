import type { Expr } from '../../expr/expr.ts'
import { constant, read, select, stage, sum } from '../../expr/expr.ts'
import { dimDiffers } from '../../ir/dim.ts'
import { elementCount } from '../../ir/types.ts'
import type { ComputeContext, Operator } from '../operator.ts'

/** Weights in a block. */
const block = 32

/** Blocks of kind 0 have no zero point; onnxruntime takes every other kind for 1. */
const hasZero = (k: Pick<ComputeContext, 'attributes'>): boolean => k.attributes.int('blk_quant_type', 1) !== 0

/** The float32 that four bytes hold, the lowest first: fraction, exponent and sign put together without rounding. */
function singleOf([b0, b1, b2, b3]: readonly Expr[]): Expr {
  const exponent = b3!.and(127).shl(1).or(b2!.shr(7))
  const fraction = b2!.and(127).shl(16).or(b1!.shl(8)).or(b0!)
  const whole = select(exponent.eq(0), fraction.mul(2), fraction.add(2 ** 23)).to('double')
  const power = [0, 1, 2, 3, 4, 5, 6, 7].reduce((e, i) => e.mul(select(exponent.shr(i).and(1).eq(1), constant(2 ** 2 ** i, 'double'), 1)), constant(2 ** -150, 'double'))
  return whole.mul(power).mul(select(b3!.lt(128), constant(1, 'double'), -1)).to('float')
}

/**
 * A times [K, N] weights of 4 bits. Column after column, block after block: a float32 scale, a zero point where there is
 * one (else 8), then 32 weights, the first 16 in the lower halves of 16 bytes. `B_shape` is a host input.
 */
export const MatMulFpQ4: Operator = {
  name: 'MatMulFpQ4',
  domain: 'com.microsoft',
  host: [2],
  infer(ctx) {
    const [shape, b] = [ctx.shape(0), ctx.shapeValue(2)]
    if (shape?.length === 0) ctx.fail('A has no axes')
    if (b && b.length !== 2) ctx.fail(`B_shape has ${b.length} sizes, not 2`)
    if (shape && b && dimDiffers(shape.at(-1)!, b[0]!)) ctx.fail(`rows of ${shape.at(-1)}, not ${b[0]}`)
    ctx.output(0, ctx.dtype(0), shape && b && [...shape.slice(0, -1), b[1]!])
  },
  compute(k) {
    const zero = hasZero(k)
    const [a, w] = [k.input(0), k.input(1)]
    const [inner, outer] = k.value(2) as [number, number]
    const size = 4 + Number(zero) + block / 2
    const blocks = Math.ceil(inner / block)
    if (w.shape.length !== 1 || elementCount(w.shape) < outer * blocks * size) k.fail(`${elementCount(w.shape)} bytes of weights, not ${outer * blocks * size}`)
    const start = (n: Expr, g: Expr): Expr => n.mul(blocks).add(g).mul(size)
    const scales = stage([outer, blocks], 'float32', (n, g) => singleOf([0, 1, 2, 3].map(i => read(w, [start(n!, g!).add(i)]))))
    const weights = stage([outer, inner], 'float32', (n, t) => {
      const g = t!.floordiv(block)
      const place = t!.floormod(block)
      const byte = read(w, [start(n!, g).add(4 + Number(zero)).add(place.floormod(16))])
      const integer = select(place.lt(16), byte.and(15), byte.shr(4))
      const origin = zero ? read(w, [start(n!, g).add(4)]) : constant(8, 'int')
      return integer.sub(origin).to('float').mul(read(scales, [n!, g]))
    })
    return [stage(k.outputShape(0), k.outputDType(0), (...i) => sum([inner], t => read(a, [...i.slice(0, -1), t!]).mul(read(weights, [i.at(-1)!, t!]))))]
  },
}
