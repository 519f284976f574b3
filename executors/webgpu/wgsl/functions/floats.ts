import type { Library } from '../library.ts'

/** Functions of float32 with the edges that expressions ask for (see src/expr/expr.ts). */
export const floatFunctions: Library = {
  maxFloat: 'fn maxFloat(a: f32, b: f32) -> f32 { return select(max(a, b), nan(), isNan(a) | isNan(b)); }',
  minFloat: 'fn minFloat(a: f32, b: f32) -> f32 { return select(min(a, b), nan(), isNan(a) | isNan(b)); }',
  signFloat: 'fn signFloat(x: f32) -> f32 { return select(sign(x), x, isNan(x) | (x == 0.0)); }',
  sqrtFloat: 'fn sqrtFloat(x: f32) -> f32 { if (x < 0.0) { return nan(); } return select(sqrt(x), x, isNan(x) | isInfinite(x) | (x == 0.0)); }',
  squareFloat: 'fn squareFloat(x: f32) -> f32 { return x * x; }',
  cubeFloat: 'fn cubeFloat(x: f32) -> f32 { return x * x * x; }',
  // C's fmod: long division of the significands, eight bits at a time
  remFloat: `fn remFloat(a: f32, b: f32) -> f32 {
  let p = bitcast<u32>(a) & 0x7fffffffu; let q = bitcast<u32>(b) & 0x7fffffffu; let sign = bitcast<u32>(a) & 0x80000000u;
  if (p >= 0x7f800000u || q > 0x7f800000u || q == 0u) { return nan(); }
  if (p < q) { return a; }
  let least = max(q >> 23u, 1u); let m = select(q, (q & 0x7fffffu) | 0x800000u, q > 0x7fffffu);
  var n = max(p >> 23u, 1u) - least;
  var r = select(p, (p & 0x7fffffu) | 0x800000u, p > 0x7fffffu) % m;
  while (n > 0u) { let s = min(n, 8u); r = (r << s) % m; n -= s; }
  if (r == 0u) { return bitcast<f32>(sign); }
  let lead = countLeadingZeros(r) - 8u;
  if (lead >= least) { return bitcast<f32>(sign | (r << (least - 1u))); }
  return bitcast<f32>(sign | (((least - lead) << 23u) + ((r << lead) & 0x7fffffu)));
}`,
}
