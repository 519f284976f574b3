import type { Expr } from '../../expr/expr.ts'
import { constant, read, select, stage, sum } from '../../expr/expr.ts'
import { elementCount } from '../../ir/types.ts'
import { inferRowsProduct, readFlat } from '../kit/packed.ts'
import type { ComputeContext, InferContext, Operator } from '../operator.ts'

/** FP4: sign, two bits of exponent, one of fraction, in parts of the largest number, 12 (bitsandbytes). */
const fp4 = [0, 0.0625, 8, 12, 4, 6, 2, 3].map(x => x / 12)
/** The values of NF4: quantiles of the normal distribution (Dettmers et al., QLoRA, appendix E). */
const nf4 = [
  -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0,
  0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
]

const sizesOf = (k: Pick<ComputeContext | InferContext, 'attributes' | 'fail'>) => {
  const [inner, outer, block, kind] = ['K', 'N', 'block_size', 'quant_type'].map(name => k.attributes.int(name) ?? k.fail(`attribute ${name} is missing`)) as [number, number, number, number]
  if (inner < 1 || outer < 1 || block < 1) k.fail(`K ${inner}, N ${outer}, block_size ${block}`)
  if (kind !== 0 && kind !== 1) k.fail(`quant_type ${kind}`)
  return { inner, outer, block, values: (kind === 0 ? [...fp4, ...fp4.map(x => -x)] : nf4).map(Math.fround) }
}

/** A times the transpose of [N, K] weights of 4 bits, two in a byte, the first in the upper half; each is a value of a table times the scale of its block of the flat weights. */
export const MatMulBnb4: Operator = {
  name: 'MatMulBnb4',
  domain: 'com.microsoft',
  infer(ctx) {
    const { inner, outer } = sizesOf(ctx)
    inferRowsProduct(ctx, inner, outer)
  },
  compute(k) {
    const { inner, outer, block, values } = sizesOf(k)
    if (k.attributes.int('transB', 1) !== 1) k.fail('weights that are not transposed have no meaning in onnxruntime')
    const [a, w, scales] = [k.input(0), k.input(1), k.input(2)]
    if (elementCount(w.shape) < Math.ceil((inner * outer) / 2)) k.fail(`${elementCount(w.shape)} bytes of weights`)
    if (elementCount(scales.shape) < Math.ceil((inner * outer) / block)) k.fail(`${elementCount(scales.shape)} scales`)
    const table = stage([16], 'float32', code => {
      const pick = (from: number, to: number): Expr => (to - from === 1 ? constant(values[from]!, 'float') : select(code!.lt((from + to) >> 1), pick(from, (from + to) >> 1), pick((from + to) >> 1, to)))
      return pick(0, 16)
    })
    const weights = stage([outer, inner], 'float32', (n, t) => {
      const at = n!.mul(inner).add(t!)
      const byte = readFlat(w, at.floordiv(2))
      const code = select(at.floormod(2).eq(0), byte.shr(4), byte.and(15))
      return read(table, [code]).mul(readFlat(scales, at.floordiv(block)))
    })
    return [stage(k.outputShape(0), k.outputDType(0), (...i) => sum([inner], t => read(a, [...i.slice(0, -1), t!]).mul(read(weights, [i.at(-1)!, t!]))))]
  },
}
