import type { Expr } from '../../expr/expr.ts'
import { constant, read, select, stage } from '../../expr/expr.ts'
import type { Dim } from '../../ir/dim.ts'
import { mulDims } from '../../ir/dim.ts'
import type { DType } from '../../ir/dtype.ts'
import { bitsOf, kindOf } from '../../ir/dtype.ts'
import { axisOf, indexInto, replaceAt } from '../kit/axes.ts'
import { bitsAt } from '../kit/packed.ts'
import { smallFloat } from '../kit/quantize.ts'
import type { ComputeContext, InferContext, Operator } from '../operator.ts'

interface Layout {
  readonly gather: number
  readonly quantize: number
  readonly bits: number
  /** Integers in an element of the data: more than one where uint8 holds smaller ones. */
  readonly packed: number
}

function layoutOf(k: Pick<ComputeContext | InferContext, 'attributes' | 'fail'>, rank: number, dtype: DType | undefined): Layout {
  const gather = axisOf(k, k.attributes.int('gather_axis', 0), rank)
  const quantize = axisOf(k, k.attributes.int('quantize_axis', 1), rank)
  const bits = dtype === undefined || dtype === 'uint8' ? k.attributes.int('bits', 4) : bitsOf(dtype)
  if (![2, 4, 8].includes(bits)) k.fail(`${bits} bits`)
  if (dtype === 'uint8' && (gather !== 0 || quantize !== rank - 1 || rank < 2)) k.fail(`packed along axis ${quantize}, gathered along axis ${gather}, of rank ${rank}`)
  return { gather, quantize, bits, packed: dtype === 'uint8' ? 8 / bits : 1 }
}

const blockOf = (k: ComputeContext, size: number): number => {
  const block = k.attributes.int('block_size', 128)
  return block > 0 ? block : kindOf(k.input(0).dtype) === 'float' && block === 0 ? Math.max(size, 1) : k.fail(`block_size ${block}`)
}

/** Gather of (integer - zero) * scale, with a scale and a zero point for each block along an axis. An index outside gives zeros (onnxruntime's kernel). */
export const GatherBlockQuantized: Operator = {
  name: 'GatherBlockQuantized',
  domain: 'com.microsoft',
  infer(ctx) {
    const [shape, indices] = [ctx.shape(0), ctx.shape(1)]
    if (shape === undefined || indices === undefined) return ctx.output(0, ctx.dtype(2), undefined)
    const { gather, packed } = layoutOf(ctx, shape.length, ctx.dtype(0))
    const real: Dim[] = shape.map((d, i) => (i === shape.length - 1 ? mulDims(d, packed) : d))
    ctx.output(0, ctx.dtype(2), [...real.slice(0, gather), ...indices, ...real.slice(gather + 1)])
  },
  computeRefuses: k => smallFloat(k.dtype(0)),
  compute(k) {
    const [x, indices, scales] = [k.input(0), k.input(1), k.input(2)]
    const zeros = k.has(3) ? k.input(3) : undefined
    const { gather, quantize, bits, packed } = layoutOf(k, x.shape.length, x.dtype)
    const block = blockOf(k, x.shape[quantize]!)
    const blocks = Math.ceil((x.shape[quantize]! * packed) / block)
    const fits = (b: typeof x, along: number): boolean => b.shape.length === x.shape.length && b.shape.every((n, i) => n === (i === quantize ? along : x.shape[i]))
    if (!fits(scales, blocks)) k.fail(`scales of [${scales.shape.join()}] for blocks of ${block} of [${x.shape.join()}]`)
    if (zeros && !fits(zeros, Math.ceil(blocks / packed))) k.fail(`zero points of [${zeros.shape.join()}]`)
    const rank = indices.shape.length
    const size = x.shape[gather]!
    /** An integer of a tensor that is packed along the quantized axis. */
    const integer = (b: typeof x, at: readonly Expr[]): Expr => {
      const place = at[quantize]!
      return packed === 1 ? read(b, at) : bitsAt(read(b, replaceAt(at, quantize, place.floordiv(packed))), place.floormod(packed), bits)
    }
    return [
      stage(k.outputShape(0), k.outputDType(0), (...i) => {
        const index = read(indices, i.slice(gather, gather + rank))
        const at = [...i.slice(0, gather), indexInto(index, size), ...i.slice(gather + rank)]
        const group = replaceAt(at, quantize, at[quantize]!.floordiv(block))
        const zero = zeros ? integer(zeros, group) : constant(x.dtype === 'uint8' ? 2 ** (bits - 1) : 0, 'int')
        const value = integer(x, at).sub(zero).to('float').mul(read(scales, group))
        return size === 0 ? constant(0, 'float') : select(index.inside(-size, size), value, 0)
      }),
    ]
  },
}
