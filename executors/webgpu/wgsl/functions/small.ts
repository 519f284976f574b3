import type { Library } from '../library.ts'

/** Floats of 16 bits to and from their bits: to the nearest, ties to even, subnormal numbers kept. */
export const smallFunctions: Library = {
  halfToFloat: `fn halfToFloat(h: u32) -> f32 {
  let s = (h & 0x8000u) << 16u; let e = (h >> 10u) & 31u; let m = h & 1023u;
  if (e == 0u) { return bitcast<f32>(bitcast<u32>(f32(m) * 5.9604644775390625e-8) | s); }
  return bitcast<f32>(s | (select(e + 112u, 255u, e == 31u) << 23u) | (m << 13u));
}`,
  floatToHalf: `fn floatToHalf(x: f32) -> u32 {
  let b = bitcast<u32>(x); let s = (b >> 16u) & 0x8000u; let a = b & 0x7fffffffu;
  if (a > 0x7f800000u) { return s | 0x7e00u; }
  if (a >= 0x477ff000u) { return s | 0x7c00u; }
  if (a < 0x38800000u) {
    let shift = 126u - (a >> 23u);
    if (shift > 25u) { return s; }
    let m = (a & 0x7fffffu) | 0x800000u; let q = m >> shift; let r = m & ((1u << shift) - 1u); let half = 1u << (shift - 1u);
    return s | (q + select(0u, 1u, r > half || (r == half && (q & 1u) == 1u)));
  }
  let r = a - 0x38000000u;
  return s | ((r + 0xfffu + ((r >> 13u) & 1u)) >> 13u);
}`,
  bfloatToFloat: 'fn bfloatToFloat(h: u32) -> f32 { return bitcast<f32>(h << 16u); }',
  floatToBfloat: `fn floatToBfloat(x: f32) -> u32 {
  let b = bitcast<u32>(x);
  if ((b & 0x7fffffffu) > 0x7f800000u) { return (b >> 16u) | 0x40u; }
  return (b + 0x7fffu + ((b >> 16u) & 1u)) >> 16u;
}`,
}
