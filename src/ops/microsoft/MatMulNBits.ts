import type { Expr } from '../../expr/expr.ts'
import { constant, read, stage, sum } from '../../expr/expr.ts'
import { kindOf } from '../../ir/dtype.ts'
import { elementCount } from '../../ir/types.ts'
import { inferRowsProduct, readPacked, readRows } from '../kit/packed.ts'
import type { ComputeContext, InferContext, Operator } from '../operator.ts'

const sizesOf = (k: Pick<ComputeContext | InferContext, 'attributes' | 'fail'>) => {
  const [inner, outer, block] = ['K', 'N', 'block_size'].map(name => k.attributes.int(name) ?? k.fail(`attribute ${name} is missing`)) as [number, number, number]
  const bits = k.attributes.int('bits', 4)
  if (![2, 4, 8].includes(bits)) k.fail(`weights of ${bits} bits`)
  if (inner < 1 || outer < 1 || block < 8 / bits || block % (8 / bits) !== 0) k.fail(`K ${inner}, N ${outer}, block_size ${block}`)
  return { inner, outer, block, bits }
}

/**
 * A times the transpose of weights of 2, 4 or 8 bits, [N, blocks, bytes of a block]: (integer - zero) * scale, with a scale
 * and a zero point (packed like the weights, or float) for each block of a row. `g_idx` names the block of each column.
 */
export const MatMulNBits: Operator = {
  name: 'MatMulNBits',
  domain: 'com.microsoft',
  infer(ctx) {
    const { inner, outer } = sizesOf(ctx)
    inferRowsProduct(ctx, inner, outer)
  },
  compute(k) {
    const { inner, outer, block, bits } = sizesOf(k)
    if (k.attributes.int('weight_prepacked', 0) !== 0) k.fail('its weights are packed for a device')
    const [a, w, scales] = [k.input(0), k.input(1), k.input(2)]
    const [zeros, groups, bias] = [3, 4, 5].map(i => (k.has(i) ? k.input(i) : undefined))
    const blocks = Math.ceil(inner / block)
    const rowBytes = (blocks * block * bits) / 8
    const held = (b: typeof a | undefined, count: number, what: string): void => {
      if (b && elementCount(b.shape) < count) k.fail(`${what} of ${elementCount(b.shape)} elements, not ${count}`)
    }
    const packedZeros = zeros !== undefined && kindOf(zeros.dtype) !== 'float'
    held(w, outer * rowBytes, 'weights')
    held(scales, outer * blocks, 'scales')
    held(zeros, outer * (packedZeros ? Math.ceil((blocks * bits) / 8) : blocks), 'zero points')
    held(groups, inner, 'g_idx')
    const weight = (n: Expr, column: Expr): Expr => {
      const group = groups ? read(groups, [column]).clamp(0, blocks - 1) : column.floordiv(block)
      const integer = readPacked(w, bits, blocks * block, n, column)
      const scale = readRows(scales, blocks, n, group)
      if (!zeros) return integer.sub(2 ** (bits - 1)).to('float').mul(scale)
      if (!packedZeros) return integer.to('float').sub(readRows(zeros, blocks, n, group)).mul(scale)
      return integer.sub(readPacked(zeros, bits, blocks, n, group)).to('float').mul(scale)
    }
    // for many rows the weights are unpacked once, and the rest is a product of matrices
    const unpacked = elementCount(a.shape) / inner > 2 ? stage([outer, inner], 'float32', (n, t) => weight(n!, t!)) : undefined
    const at = (n: Expr, t: Expr): Expr => (unpacked ? read(unpacked, [n, t]) : weight(n, t))
    return [
      stage(k.outputShape(0), k.outputDType(0), (...i) => {
        const n = i.at(-1)!
        const product = sum([inner], t => read(a, [...i.slice(0, -1), t!]).mul(at(n, t!)))
        return bias ? product.add(read(bias, [...bias.shape.slice(1).map(() => constant(0, 'int')), n])) : product
      }),
    ]
  },
}
