import type { Library } from '../library.ts'

const one = 'vec2<u32>(1u, 0u)'
const zero = 'vec2<u32>()'

/** Both kinds of long: a function of the words, and of what tells the kinds apart. */
const both = (make: (prefix: 'long' | 'ulong') => Library): Library => ({ ...make('long'), ...make('ulong') })

/** Integers of 64 bits as two words, the low one first. */
export const longFunctions: Library = {
  longOfInt: 'fn longOfInt(a: i32) -> vec2<u32> { return vec2<u32>(bitcast<u32>(a), bitcast<u32>(a >> 31u)); }',
  longAdd: 'fn longAdd(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> { let low = a.x + b.x; return vec2<u32>(low, a.y + b.y + select(0u, 1u, low < a.x)); }',
  longNeg: `fn longNeg(a: vec2<u32>) -> vec2<u32> { return longAdd(~a, ${one}); }`,
  longSub: 'fn longSub(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> { return vec2<u32>(a.x - b.x, a.y - b.y - select(0u, 1u, a.x < b.x)); }',
  longEq: 'fn longEq(a: vec2<u32>, b: vec2<u32>) -> bool { return all(a == b); }',
  longLess: 'fn longLess(a: vec2<u32>, b: vec2<u32>) -> bool { return select(bitcast<i32>(a.y) < bitcast<i32>(b.y), a.x < b.x, a.y == b.y); }',
  ulongLess: 'fn ulongLess(a: vec2<u32>, b: vec2<u32>) -> bool { return select(a.y < b.y, a.x < b.x, a.y == b.y); }',
  longIsNegative: 'fn longIsNegative(a: vec2<u32>) -> bool { return a.y > 0x7fffffffu; }',
  longAbs: 'fn longAbs(a: vec2<u32>) -> vec2<u32> { return select(a, longNeg(a), longIsNegative(a)); }',
  longSign: `fn longSign(a: vec2<u32>) -> vec2<u32> { return select(vec2<u32>(select(0u, 1u, any(a != ${zero})), 0u), ~${zero}, longIsNegative(a)); }`,
  // the whole product of two words
  multiplyWide: `fn multiplyWide(a: u32, b: u32) -> vec2<u32> {
  let c = a & 0xffffu; let d = a >> 16u; let e = b & 0xffffu; let f = b >> 16u;
  let low = c * e; let p = c * f; let q = d * e; let middle = (low >> 16u) + (p & 0xffffu) + (q & 0xffffu);
  return vec2<u32>((low & 0xffffu) | (middle << 16u), d * f + (p >> 16u) + (q >> 16u) + (middle >> 16u));
}`,
  longMul: 'fn longMul(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> { let p = multiplyWide(a.x, b.x); return vec2<u32>(p.x, p.y + a.x * b.y + a.y * b.x); }',
  // by 0 to 63 places
  shiftWordsLeft: `fn shiftWordsLeft(a: vec2<u32>, n: u32) -> vec2<u32> {
  if (n > 31u) { return vec2<u32>(0u, a.x << (n & 31u)); }
  return vec2<u32>(a.x << n, (a.y << n) | ((a.x >> 1u) >> (31u - n)));
}`,
  ulongLeadingZeros: 'fn ulongLeadingZeros(a: vec2<u32>) -> u32 { return select(countLeadingZeros(a.y), 32u + countLeadingZeros(a.x), a.y == 0u); }',
  longShiftLeft: `fn longShiftLeft(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> { if (b.y != 0u || b.x > 63u) { return ${zero}; } return shiftWordsLeft(a, b.x); }`,
  longShiftRight: `fn longShiftRight(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  let n = b.x & 31u; let top = bitcast<i32>(a.y); let filled = bitcast<u32>(top >> 31u);
  if (b.y != 0u || b.x > 63u) { return vec2<u32>(filled, filled); }
  if (b.x > 31u) { return vec2<u32>(bitcast<u32>(top >> n), filled); }
  return vec2<u32>((a.x >> n) | ((a.y << 1u) << (31u - n)), bitcast<u32>(top >> n));
}`,
  ulongShiftRight: `fn ulongShiftRight(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  let n = b.x & 31u;
  if (b.y != 0u || b.x > 63u) { return ${zero}; }
  if (b.x > 31u) { return vec2<u32>(a.y >> n, 0u); }
  return vec2<u32>((a.x >> n) | ((a.y << 1u) << (31u - n)), a.y >> n);
}`,
  // quotient and remainder; both 0 when the divisor is
  ulongDivide: `fn ulongDivide(a: vec2<u32>, b: vec2<u32>) -> vec4<u32> {
  if (all(b == ${zero})) { return vec4<u32>(); }
  if ((a.y | b.y) == 0u) { return vec4<u32>(a.x / b.x, 0u, a.x % b.x, 0u); }
  if (ulongLess(a, b)) { return vec4<u32>(${zero}, a); }
  if (b.y == 0u && b.x < 0x10000u) {
    let d = b.x; let s = ((a.y % d) << 16u) | (a.x >> 16u); let t = ((s % d) << 16u) | (a.x & 0xffffu);
    return vec4<u32>(((s / d) << 16u) | (t / d), a.y / d, t % d, 0u);
  }
  let places = ulongLeadingZeros(b) - ulongLeadingZeros(a);
  var d = shiftWordsLeft(b, places); var r = a; var q = vec2<u32>();
  for (var i = 0u; i <= places; i++) {
    q = shiftWordsLeft(q, 1u);
    if (!ulongLess(r, d)) { r = longSub(r, d); q.x |= 1u; }
    d = vec2<u32>((d.x >> 1u) | (d.y << 31u), d.y >> 1u);
  }
  return vec4<u32>(q, r);
}`,
  ulongDiv: 'fn ulongDiv(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> { return ulongDivide(a, b).xy; }',
  ulongRem: 'fn ulongRem(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> { return ulongDivide(a, b).zw; }',
  ulongFloorDiv: 'fn ulongFloorDiv(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> { return ulongDivide(a, b).xy; }',
  ulongFloorMod: 'fn ulongFloorMod(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> { return ulongDivide(a, b).zw; }',
  longDiv: `fn longDiv(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  let q = ulongDivide(longAbs(a), longAbs(b)).xy;
  return select(q, longNeg(q), longIsNegative(a) != longIsNegative(b));
}`,
  longRem: `fn longRem(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  let r = ulongDivide(longAbs(a), longAbs(b)).zw;
  return select(r, longNeg(r), longIsNegative(a));
}`,
  longFloorDiv: `fn longFloorDiv(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  let p = ulongDivide(longAbs(a), longAbs(b));
  if (longIsNegative(a) == longIsNegative(b)) { return p.xy; }
  return select(longNeg(p.xy), ~p.xy, any(p.zw != ${zero}));
}`,
  longFloorMod: `fn longFloorMod(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  let r = longRem(a, b);
  return select(r, longAdd(r, b), any(r != ${zero}) & (longIsNegative(a) != longIsNegative(b)));
}`,
  ...both(prefix => ({
    [`${prefix}Min`]: `fn ${prefix}Min(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> { return select(a, b, ${prefix}Less(b, a)); }`,
    [`${prefix}Max`]: `fn ${prefix}Max(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> { return select(a, b, ${prefix}Less(a, b)); }`,
  })),
  ulongPow: `fn ulongPow(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  var result = ${one}; var base = a; var n = b;
  while (any(n != ${zero})) {
    if ((n.x & 1u) == 1u) { result = longMul(result, base); }
    base = longMul(base, base);
    n = vec2<u32>((n.x >> 1u) | (n.y << 31u), n.y >> 1u);
  }
  return result;
}`,
  longPow: `fn longPow(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> {
  if (!longIsNegative(b)) { return ulongPow(a, b); }
  if (all(a == ${one})) { return a; }
  if (all(a == ~${zero})) { return select(${one}, a, (b.x & 1u) == 1u); }
  return ${zero};
}`,
  // the whole part of a magnitude below 2^64
  wholeWords: `fn wholeWords(x: f32) -> vec2<u32> {
  let b = bitcast<u32>(x) & 0x7fffffffu; let e = b >> 23u; let m = (b & 0x7fffffu) | 0x800000u;
  if (e < 127u) { return ${zero}; }
  if (e < 150u) { return vec2<u32>(m >> (150u - e), 0u); }
  return shiftWordsLeft(vec2<u32>(m, 0u), e - 150u);
}`,
  toLong: `fn toLong(x: f32) -> vec2<u32> {
  if (isNan(x)) { return ${zero}; }
  if (x >= 9223372036854775808.0) { return vec2<u32>(0xffffffffu, 0x7fffffffu); }
  if (x <= -9223372036854775808.0) { return vec2<u32>(0u, 0x80000000u); }
  let w = wholeWords(x);
  return select(w, longNeg(w), x < 0.0);
}`,
  toUlong: `fn toUlong(x: f32) -> vec2<u32> {
  if (isNan(x) || x <= 0.0) { return ${zero}; }
  if (x >= 18446744073709551616.0) { return ~${zero}; }
  return wholeWords(x);
}`,
  floatOfUlong: `fn floatOfUlong(a: vec2<u32>) -> f32 {
  if (all(a == ${zero})) { return 0.0; }
  let n = ulongLeadingZeros(a); let w = shiftWordsLeft(a, n); let rest = w.y & 255u;
  let up = rest > 128u || (rest == 128u && (w.x != 0u || (w.y & 256u) != 0u));
  return bitcast<f32>(((189u - n) << 23u) + (w.y >> 8u) + select(0u, 1u, up));
}`,
  floatOfLong: 'fn floatOfLong(a: vec2<u32>) -> f32 { let x = floatOfUlong(longAbs(a)); return select(x, -x, longIsNegative(a)); }',
}
