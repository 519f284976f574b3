import type { DType } from '../../ir/dtype.ts'
import { kindOf } from '../../ir/dtype.ts'
import type { Tensor } from '../../ir/tensor.ts'
import { bytesOf, inlineTensor } from '../../ir/tensor.ts'
import { elementCount } from '../../ir/types.ts'
import type { AttributeReader, EvaluateContext, InferContext } from '../operator.ts'
import { numberToBfloat16, numberToHalf } from '../scalar.ts'
import { dtypeOfNumber } from './datatype.ts'
import { philox } from './philox.ts'

/** Pairs of uniform numbers in [0, 1), of 53 random bits each. */
export type Pairs = () => readonly [number, number]

/** The generator of a node: its attribute `seed` gives the same numbers in every run; without one they are new each time. */
export function pairsOf(attributes: AttributeReader): Pairs {
  const seed = attributes.float('seed')
  const key: [number, number] = [0, 0]
  if (seed === undefined || Number.isNaN(seed)) key.forEach((_, i) => (key[i] = Math.floor(Math.random() * 2 ** 32)))
  else new Uint32Array(Float64Array.of(seed).buffer).forEach((w, i) => (key[i] = w))
  let count = 0
  const join = (high: number, low: number): number => ((high >>> 5) * 2 ** 26 + (low >>> 6)) / 2 ** 53
  return () => {
    const [a, b, c, d] = philox([count >>> 0, Math.floor(count / 2 ** 32), 0, 0], key)
    count++
    return [join(a, b), join(c, d)]
  }
}

/** Bits of a significand: a uniform number has no more, so that it stays below 1. */
const significand: Partial<Record<DType, number>> = { float32: 24, float16: 11, bfloat16: 8 }

/** Uniform numbers from `low` to below `high`. */
export function uniform(pairs: Pairs, dtype: DType, low: number, high: number): Pairs {
  const scale = 2 ** (significand[dtype] ?? 53)
  const place = (u: number): number => low + (high - low) * (Math.floor(u * scale) / scale)
  return () => {
    const [u, v] = pairs()
    return [place(u), place(v)]
  }
}

/** Normal numbers, two at a time (Box and Muller, 1958). */
export function normal(pairs: Pairs, mean: number, deviation: number): Pairs {
  return () => {
    const [u, v] = pairs()
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - u))
    return [mean + radius * Math.cos(2 * Math.PI * v), mean + radius * Math.sin(2 * Math.PI * v)]
  }
}

/** A tensor of a float dtype filled with what `draw` gives. */
export function randomTensor(dtype: DType, shape: readonly number[], draw: Pairs): Tensor {
  const count = elementCount(shape)
  const [values, store] =
    dtype === 'float64'
      ? [new Float64Array(count), (x: number) => x]
      : dtype === 'float32'
        ? [new Float32Array(count), (x: number) => x]
        : [new Uint16Array(count), dtype === 'float16' ? numberToHalf : numberToBfloat16]
  for (let i = 0; i < count; i += 2) {
    const [a, b] = draw()
    values[i] = store(a)
    if (i + 1 < count) values[i + 1] = store(b)
  }
  return inlineTensor(dtype, shape, bytesOf(values))
}

/** The float dtype that `dtype` asks for, or `otherwise`. */
function floatFor(ctx: InferContext, otherwise: DType | undefined): DType | undefined {
  const wanted = ctx.attributes.int('dtype')
  const dtype = wanted === undefined ? otherwise : (dtypeOfNumber(wanted) ?? ctx.fail(`dtype ${wanted}`))
  if (dtype !== undefined && (kindOf(dtype) !== 'float' || !['float64', 'float32', 'float16', 'bfloat16'].includes(dtype))) ctx.fail(`random numbers of ${dtype}`)
  return dtype
}

/** Infers an operator that fills the shape of its attribute. */
export function inferRandom(ctx: InferContext): void {
  const shape = ctx.attributes.ints('shape') ?? ctx.fail('attribute shape is missing')
  if (shape.some(n => n < 0)) ctx.fail(`shape [${shape.join()}]`)
  ctx.output(0, floatFor(ctx, 'float32'), shape)
}

/** Infers an operator that fills the shape of its input. */
export const inferRandomLike = (ctx: InferContext): void => ctx.output(0, floatFor(ctx, ctx.dtype(0)), ctx.shape(0))

/** A node's random tensor: the shape of its attribute, else of its input. */
export function evaluateRandom(ctx: EvaluateContext, draw: (pairs: Pairs, dtype: DType) => Pairs): Tensor[] {
  const dtype = ctx.outputDType(0)
  return [randomTensor(dtype, ctx.attributes.ints('shape') ?? ctx.tensor(0).shape, draw(pairsOf(ctx.attributes), dtype))]
}

/** The draws of the uniform and of the normal operators, from their attributes. */
export const uniformOf = ({ attributes }: EvaluateContext) => (pairs: Pairs, dtype: DType): Pairs => uniform(pairs, dtype, attributes.float('low', 0), attributes.float('high', 1))
export const normalOf = ({ attributes }: EvaluateContext) => (pairs: Pairs): Pairs => normal(pairs, attributes.float('mean', 0), attributes.float('scale', 1))
