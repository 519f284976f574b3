import type { Buffer, Expr } from '../../expr/expr.ts'
import { constant, read } from '../../expr/expr.ts'
import type { DType } from '../../ir/dtype.ts'
import type { ComputeContext } from '../operator.ts'
import { rangeOf } from './quantize.ts'

/** The element of a tensor that holds one, of whatever rank. */
export const only = (b: Buffer): Expr => read(b, b.shape.map(() => 0))

/** Rounds to float32, as each step of float32 arithmetic does. */
export const single = (e: Expr): Expr => e.to('float').apply('fround')

/** a * b + c of float32 operands, rounded once. */
export const fused = (a: Expr, b: Expr, c: Expr): Expr => single(a.to('double').mul(b.to('double')).add(c.to('double')))

/** How a tensor of integers stands for real numbers: (integer - zero) * scale, one of each for the whole tensor. */
export interface Grid {
  readonly scale: Expr
  /** int */
  readonly zero: Expr
}

/** The grid whose scale and zero point are these inputs; without a zero point it is 0. */
export const gridAt = (k: ComputeContext, scale: number, zero = scale + 1): Grid => ({
  scale: only(k.input(scale)),
  zero: k.has(zero) ? only(k.input(zero)) : constant(0, 'int'),
})

/** The real number that an integer stands for, in float32. */
export const dequantized = (e: Expr, { scale, zero }: Grid): Expr => single(single(e.sub(zero)).mul(scale))

/** A rounded float, moved by a zero point, saturated to an integer dtype. */
export function placed(rounded: Expr, zero: Expr | undefined, dtype: DType): Expr {
  const [low, high] = rangeOf(dtype)
  const integer = rounded.clamp(-(2 ** 24), 2 ** 24).to('int')
  return (zero ? integer.add(zero) : integer).clamp(low, high)
}

/** The integer nearest to a float32 on a grid: the quotient by the scale is rounded half to even, then the zero point is added. */
export const quantized = (e: Expr, { scale, zero }: Grid, dtype: DType): Expr => placed(single(e.div(scale)).apply('round'), zero, dtype)

/** The integer for an int32 sum whose unit is `scale` of the output's units, in float32 (onnxruntime, MlasRequantizeOutput). */
export const requantized = (sum: Expr, scale: Expr, zero: Expr, dtype: DType): Expr => placed(single(single(sum).mul(scale)).apply('round'), zero, dtype)
