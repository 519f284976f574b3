import { type Code, type FunctionBuilder, op, v128 } from './encode.ts'

/** Four-lane float32 instructions (core specification 5.4, vector instructions). */
export const x4 = {
  add: op.simd(228), sub: op.simd(229), mul: op.simd(230), div: op.simd(231), min: op.simd(232), max: op.simd(233),
  abs: op.simd(224), neg: op.simd(225), sqrt: op.simd(227), ceil: op.simd(103), floor: op.simd(104), trunc: op.simd(105), nearest: op.simd(106),
  eq: op.simd(65), ne: op.simd(66), lt: op.simd(67), gt: op.simd(68), le: op.simd(69), ge: op.simd(70),
  not: op.simd(77), and: op.simd(78), andnot: op.simd(79), or: op.simd(80), xor: op.simd(81), bitselect: op.simd(82),
  splat: op.simd(19), fromInt: op.simd(250), toInt: op.simd(248),
} as const
/** Four-lane int32 instructions. */
export const i4 = {
  add: op.simd(174), sub: op.simd(177), mul: op.simd(181), min: op.simd(182), max: op.simd(184), abs: op.simd(160), neg: op.simd(161),
  shl: op.simd(171), shrS: op.simd(172), shrU: op.simd(173), eq: op.simd(55), ne: op.simd(56), lt: op.simd(57), gt: op.simd(59), le: op.simd(61), splat: op.simd(17),
} as const

const polynomial = (x: number, coefficients: readonly number[]): Code =>
  coefficients.slice(1).reduce((code, c) => [...code, ...op.get(x), ...x4.mul, ...op.f32x4(c), ...x4.add], op.f32x4(coefficients[0]!))

type Maker = (f: FunctionBuilder) => Code

/** e^x by 2^n times a polynomial on [-ln 2 / 2, ln 2 / 2] (Cephes expf); 2^n in two factors, so that results reach from subnormals to infinity. */
const exp: Maker = f => {
  const [x, n, r, half] = [f.local(v128), f.local(v128), f.local(v128), f.local(v128)]
  const power = (from: Code): Code => [...from, ...op.i32x4(127), ...i4.add, ...op.i32(23), ...i4.shl]
  return [
    ...op.f32x4(-105), ...x4.max, ...op.f32x4(89), ...x4.min, ...op.tee(x), ...op.f32x4(Math.LOG2E), ...x4.mul, ...x4.nearest, ...op.tee(n),
    ...op.f32x4(-0.693359375), ...x4.mul, ...op.get(x), ...x4.add, ...op.get(n), ...op.f32x4(2.12194440e-4), ...x4.mul, ...x4.add, ...op.set(r),
    ...polynomial(r, [1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 0.5]),
    ...op.get(r), ...x4.mul, ...op.get(r), ...x4.mul, ...op.get(r), ...x4.add, ...op.f32x4(1), ...x4.add,
    ...op.get(n), ...x4.toInt, ...op.tee(n), ...op.i32(1), ...i4.shrS, ...op.set(half),
    ...power(op.get(half)), ...x4.mul, ...power([...op.get(n), ...op.get(half), ...i4.sub]), ...x4.mul,
  ]
}

/** A quotient of an odd and an even polynomial on a clamped argument. */
const rational = (limit: number, odd: readonly number[], even: readonly number[]): Maker => f => {
  const [x, s] = [f.local(v128), f.local(v128)]
  return [
    ...op.f32x4(-limit), ...x4.max, ...op.f32x4(limit), ...x4.min, ...op.tee(x), ...op.get(x), ...x4.mul, ...op.set(s),
    ...polynomial(s, odd), ...op.get(x), ...x4.mul, ...polynomial(s, even), ...x4.div,
  ]
}

/** Minimax quotients for float32 (the coefficients that Eigen's packet math publishes). */
const tanh = rational(
  7.90531110763549805,
  [-2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-8, 1.48572235717979e-5, 6.37261928875436e-4, 4.89352455891786e-3],
  [1.19825839466702e-6, 1.18534705686654e-4, 2.26843463243900e-3, 4.89352518554385e-3],
)
const erf = rational(
  4,
  [-2.72614225801306e-10, 2.77068142495902e-8, -2.10102402082508e-6, -5.69250639462346e-5, -7.34990630326855e-4, -2.95459980854025e-3, -1.60960333262415e-2],
  [-1.45660718464996e-5, -2.13374055278905e-4, -1.68282697438203e-3, -7.37332916720468e-3, -1.42647390514189e-2],
)

/** ln x by the exponent and a polynomial on [sqrt 1/2, sqrt 2] (Cephes logf). */
const log: Maker = f => {
  const [x, e, m, y, z, small] = Array.from({ length: 6 }, () => f.local(v128)) as [number, number, number, number, number, number]
  return [
    ...op.tee(x), ...op.f32x4(1.17549435e-38), ...x4.lt, ...op.set(small),
    ...op.get(x), ...op.f32x4(8388608), ...x4.mul, ...op.get(x), ...op.get(small), ...x4.bitselect, ...op.tee(m),
    ...op.i32(23), ...i4.shrU, ...op.i32x4(126), ...i4.sub, ...x4.fromInt, ...op.f32x4(23), ...op.get(small), ...x4.and, ...x4.sub, ...op.set(e),
    ...op.get(m), ...op.i32x4(0x007fffff), ...x4.and, ...op.f32x4(0.5), ...x4.or, ...op.tee(m),
    ...op.f32x4(Math.SQRT1_2), ...x4.lt, ...op.tee(z), ...op.f32x4(1), ...x4.and, ...op.set(y),
    ...op.get(e), ...op.get(y), ...x4.sub, ...op.set(e),
    ...op.get(m), ...op.f32x4(1), ...x4.sub, ...op.get(m), ...op.get(z), ...x4.and, ...x4.add, ...op.tee(m),
    ...op.get(m), ...x4.mul, ...op.set(z),
    ...polynomial(m, [7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1]),
    ...op.get(m), ...x4.mul, ...op.get(z), ...x4.mul, ...op.get(e), ...op.f32x4(-2.12194440e-4), ...x4.mul, ...x4.add, ...op.get(z), ...op.f32x4(0.5), ...x4.mul, ...x4.sub,
    ...op.get(m), ...x4.add, ...op.get(e), ...op.f32x4(0.693359375), ...x4.mul, ...x4.add, ...op.set(y),
    ...op.get(x), ...op.get(y), ...op.get(x), ...op.f32x4(Infinity), ...x4.eq, ...x4.bitselect, ...op.set(y),
    ...op.f32x4(-Infinity), ...op.get(y), ...op.get(x), ...op.f32x4(0), ...x4.eq, ...x4.bitselect, ...op.set(y),
    ...op.get(y), ...op.f32x4(NaN), ...op.get(x), ...op.f32x4(0), ...x4.ge, ...x4.bitselect,
  ]
}

/** Functions of four floats on the stack that have a polynomial here; about float32's precision, NaN and infinities as Math has them. */
export const vectorMath: Readonly<Record<string, Maker>> = { exp, tanh, erf, log }
