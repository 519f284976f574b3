import { bitsOf, dtypes } from '../../../../src/ir/dtype.ts'
import { gridOf, isMinifloat } from '../../../../src/ir/minifloat.ts'
import type { Minifloat } from '../../../../src/ir/minifloat.ts'
import type { Library } from '../library.ts'

/** Value of the bits of a small float, and the bits nearest to a value, as src/ir/minifloat.ts has them. */
function conversions(dtype: Exclude<Minifloat, 'float8e8m0'>): Library {
  const { least, places, special } = gridOf(dtype)
  const width = bitsOf(dtype)
  const sign = 1 << (width - 1)
  const top = ((1 << (width - 1 - places)) - 1) << places
  const largest = special === 'ieee' ? top - 1 : special === 'fn' ? sign - 2 : sign - 1
  const nan = special === 'ieee' ? top | (1 << (places - 1)) : special === 'fn' ? sign - 1 : sign
  // what a magnitude past the largest becomes
  const past = special === 'none' ? largest : special === 'ieee' ? top : nan
  const wide = 23 - places
  const most = 127 + least + wide
  const specials =
    special === 'ieee' ? `select(finite, 0x7f800000u | ((a & ${(1 << places) - 1}u) << ${wide}u), a >= ${top}u)`
    : special === 'fn' ? `select(finite, nanBits, a == ${nan}u)`
    : special === 'uz' ? `select(finite, nanBits, (h & ${2 * sign - 1}u) == ${sign}u)`
    : 'finite'
  return {
    // an exponent of 0 counts units of the least step, which is a normal float32
    [`${dtype}ToFloat`]: `fn ${dtype}ToFloat(h: u32) -> f32 {
  let a = h & ${sign - 1}u; let s = (h & ${sign}u) << ${32 - width}u;
  let finite = select((a << ${wide}u) + ${(126 + least) << 23}u, bitcast<u32>(f32(a) * ${2 ** (least - places)}), a < ${1 << places}u);
  return bitcast<f32>(${specials} | s);
}`,
    // below the least normal number the significand is shifted out; past 25 places nothing is left to round
    [`floatTo${dtype}`]: `fn floatTo${dtype}(x: f32) -> u32 {
  let b = bitcast<u32>(x); let a = b & 0x7fffffffu; let s = (b >> 31u) << ${width - 1}u;
  let shift = min(${most}u - min(a >> 23u, ${most - 1}u), 25u); let whole = (a & 0x7fffffu) | 0x800000u;
  let rest = whole & ((1u << shift) - 1u); let half = 1u << (shift - 1u); let below = whole >> shift;
  let c = a - ${(126 + least) << 23}u;
  let m = select((c + ${(1 << (wide - 1)) - 1}u + ((c >> ${wide}u) & 1u)) >> ${wide}u, below + select(0u, 1u, (rest > half) | ((rest == half) & ((below & 1u) == 1u))), a < ${(127 + least) << 23}u);
  let r = select(s | m, ${special === 'uz' ? `${nan}u` : `s | ${past}u`}, m > ${largest}u);
  return select(${special === 'uz' ? 'select(r, 0u, m == 0u)' : 'r'}, ${nan}u, a > 0x7f800000u);
}`,
  }
}

/** Floats of 16 bits and less to and from their bits: to the nearest, ties to even, subnormal numbers kept. */
export const smallFunctions: Library = {
  ...Object.assign({}, ...dtypes.filter(isMinifloat).filter(d => d !== 'float8e8m0' && d !== 'bfloat16').map(conversions)),
  bfloat16ToFloat: 'fn bfloat16ToFloat(h: u32) -> f32 { return bitcast<f32>(h << 16u); }',
  floatTobfloat16: `fn floatTobfloat16(x: f32) -> u32 {
  let b = bitcast<u32>(x);
  if (isNan(x)) { return 0x7fc0u; }
  return (b + 0x7fffu + ((b >> 16u) & 1u)) >> 16u;
}`,
  float8e8m0ToFloat: 'fn float8e8m0ToFloat(h: u32) -> f32 { if (h == 255u) { return nan(); } return bitcast<f32>(max(h << 23u, 0x400000u)); }',
  // the magnitude's nearest power of two; halfway is up
  floatTofloat8e8m0: `fn floatTofloat8e8m0(x: f32) -> u32 {
  let a = bitcast<u32>(x) & 0x7fffffffu;
  if (a >= 0x7f800000u) { return 255u; }
  if (a < 0x800000u) { return select(0u, 1u, a >= 0x600000u); }
  return min((a + 0x400000u) >> 23u, 254u);
}`,
}
