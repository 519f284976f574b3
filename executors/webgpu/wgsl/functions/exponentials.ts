import type { Library } from '../library.ts'
import { horner } from './horner.ts'

// Polynomials are minimax fits of the relative error, by weighted least squares over Chebyshev points; rounded to float32 they are within 0.3 units of 2^-24.

/** ln 2 in two parts: multiples of the first by exponents are exact. */
const [ln2High, ln2Low] = ['0.69140625', '0.0017409306']

/** Sixteen intervals of the significand: integers c, so that m * c / 128 is close to 1, and log2(128 / c) in two parts. */
const factors = [179, 172, 165, 158, 152, 147, 142, 137, 133, 128, 121, 115, 109, 103, 98, 94]
const logHigh = factors.map(c => Math.round(Math.log2(128 / c) * 4096) / 4096)
const logLow = factors.map((c, i) => Math.fround(Math.log2(128 / c) - logHigh[i]!))
const table = (values: readonly number[]): string => values.map(v => (v < 0 ? `(${v})` : String(v))).join(', ')

/** Exponentials, logarithms and what is made of them, in float32 to a few units in the last place, whatever the driver's own are like. */
export const exponentialFunctions: Library = {
  powerOfTwo: 'fn powerOfTwo(n: i32) -> f32 { return bitcast<f32>((n + 127) << 23u); }',
  // e^r * 2^n for |r| <= ln 2 / 2
  expScaled: `fn expScaled(r: f32, n: i32) -> f32 {
  let e = 1.0 + (r + r * r * ${horner('r', [0.00138144661, 0.00836878084, 0.0416683927, 0.166665196, 0.49999994])});
  let half = n >> 1u;
  return e * powerOfTwo(half) * powerOfTwo(n - half);
}`,
  // e^x * 2^k
  expTimes: `fn expTimes(x: f32, k: i32) -> f32 {
  let c = clamp(x, -150.0, 150.0); let n = round(c * 1.44269502);
  return select(expScaled((c - n * ${ln2High}) - n * ${ln2Low}, i32(n) + k), x, isNan(x));
}`,
  expFloat: 'fn expFloat(x: f32) -> f32 { return expTimes(x, 0); }',
  expm1Float: `fn expm1Float(x: f32) -> f32 {
  if (isNan(x) || abs(x) < 1e-8) { return x; }
  if (x > 20.0) { return expFloat(x); }
  if (x < -20.0) { return -1.0; }
  let n = round(x * 1.44269502); let r = (x - n * ${ln2High}) - n * ${ln2Low};
  let e = r + r * r * ${horner('r', [0.000198460402, 0.00139426987, 0.0083333943, 0.0416663364, 0.166666657, 0.5])};
  let s = powerOfTwo(i32(n));
  return s * e + (s - 1.0);
}`,
  // ln(1 + f) for 1 + f from sqrt 1/2 to sqrt 2
  logNear: `fn logNear(f: f32) -> f32 {
  let z = f * f;
  return f - (0.5 * z - f * z * ${horner('f', [0.0674659908, -0.116796546, 0.118903242, -0.124051355, 0.142192245, -0.166680068, 0.200021341, -0.250000089, 0.333333135])});
}`,
  // the bits of x * 2^-n, a normal number, and n
  normalBits: `fn normalBits(x: f32) -> vec2<i32> {
  let b = bitcast<u32>(x);
  let s = max(countLeadingZeros(b), 8u) - 8u;
  return vec2<i32>(bitcast<i32>(b << (s & 31u)), -i32(s));
}`,
  logFloat: `fn logFloat(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let b = normalBits(x); let n = (b.x - 0x3f3504f3) >> 23u; let e = f32(n + b.y);
  let r = (logNear(bitcast<f32>(b.x - (n << 23u)) - 1.0) + e * ${ln2Low}) + e * ${ln2High};
  let outside = select(select(x, nan(), (bits > 0x7fffffffu) & !isNan(x)), -infinity(), (bits << 1u) == 0u);
  return select(r, outside, (bits >= 0x7f800000u) | (bits == 0u));
}`,
  log1pFloat: `fn log1pFloat(x: f32) -> f32 {
  if (x > -0.2928 && x < 0.4142) { return logNear(x); }
  return logFloat(1.0 + x);
}`,
  sinhFloat: `fn sinhFloat(x: f32) -> f32 {
  let a = abs(x); let z = x * x;
  if (a < 1.0) { return x + x * (z * ${horner('z', [2.81701273e-6, 0.000198361493, 0.00833335053, 0.166666672])}); }
  let s = expTimes(a, -1) - expTimes(-a, -1);
  return select(s, -s, x < 0.0);
}`,
  coshFloat: 'fn coshFloat(x: f32) -> f32 { return expTimes(x, -1) + expTimes(-x, -1); }',
  tanhFloat: `fn tanhFloat(x: f32) -> f32 {
  let a = abs(x); let z = x * x;
  let near = x + x * (z * ${horner('z', [-0.00570260314, 0.0206370372, -0.0537391156, 0.133314356, -0.333332807])});
  let far = 1.0 - 2.0 / (expFloat(2.0 * min(a, 10.0)) + 1.0);
  return select(select(select(far, -far, x < 0.0), near, a < 0.625), x, isNan(x) | (a < 1e-4));
}`,
  asinhFloat: `fn asinhFloat(x: f32) -> f32 {
  let a = abs(x);
  if (isNan(x) || a < 1e-4) { return x; }
  var r: f32;
  if (a > 1e9) { r = logFloat(a) + 0.693147181; } else { let z = a * a; r = log1pFloat(a + z / (1.0 + sqrt(1.0 + z))); }
  return select(r, -r, x < 0.0);
}`,
  acoshFloat: `fn acoshFloat(x: f32) -> f32 {
  if (x < 1.0) { return nan(); }
  if (x > 1e9) { return logFloat(x) + 0.693147181; }
  let t = x - 1.0;
  return log1pFloat(t + sqrt(2.0 * t + t * t));
}`,
  atanhFloat: `fn atanhFloat(x: f32) -> f32 {
  let a = abs(x);
  if (isNan(x) || a < 1e-4) { return x; }
  if (a > 1.0) { return nan(); }
  var r: f32;
  if (a == 1.0) { r = infinity(); } else { r = 0.5 * log1pFloat(2.0 * a / (1.0 - a)); }
  return select(r, -r, x < 0.0);
}`,
  erfFloat: `fn erfFloat(x: f32) -> f32 {
  let a = abs(x); let z = x * x;
  let t = min(a, 3.95);
  let near = x + x * ${horner('z', [8.51310397e-5, -0.000817563909, 0.00520385895, -0.0268605091, 0.112837151, -0.376126349, 0.128379167])};
  let far = select(1.0 - expFloat(-${horner('t', [7.37452638e-7, 1.1311402e-5, -0.000378850003, 0.00399410212, -0.0247745141, 0.107858218, 0.633663297, 1.12938178, -0.00015061388])}), 1.0, a > 3.9);
  return select(select(select(far, -far, x < 0.0), near, a < 0.9), x, isNan(x));
}`,
  // the first 12 bits of the significand
  highPart: 'fn highPart(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u); }',
  powFactors: `const powFactors = array<u32, 16>(${factors.map(c => `${c}u`).join(', ')});`,
  powLogs: `const powLogs = array<f32, 16>(${table(logHigh)});`,
  powLogsLow: `const powLogsLow = array<f32, 16>(${table(logLow)});`,
  // log2 x of a positive number as a sum of two floats, the first of 12 bits. The significand times a small integer is exact as an integer.
  log2Parts: `fn log2Parts(x: f32) -> vec2<f32> {
  let b = normalBits(x); let n = (b.x - 0x3f330000) >> 23u; let i = ((b.x - 0x3f330000) >> 19u) & 15;
  let bits = bitcast<u32>(b.x - (n << 23u)); let below = bits < 0x3f800000u;
  let product = ((bits & 0x7fffffu) | 0x800000u) * powFactors[i];
  let distance = bitcast<i32>(product - select(0x40000000u, 0x80000000u, below)); let scale = select(9.31322575e-10, 4.65661287e-10, below);
  let rounded = f32(distance); let first = highPart(rounded);
  let z = rounded * scale; let high = first * scale; let low = ((rounded - first) + f32(distance - i32(rounded))) * scale;
  let main = high * 1.4423828125; let whole = f32(n + b.y) + powLogs[i]; let sum = highPart(whole + main);
  let rest = z * z * ${horner('z', [-0.240768045, 0.288851798, -0.360673606, 0.480898231, -0.721347511])};
  return vec2<f32>(sum, ((whole - sum) + main) + (powLogsLow[i] + ((high * 0.000312228396 + low * 1.44269502) + rest)));
}`,
  // C's pow
  powFloat: `fn powFloat(a: f32, b: f32) -> f32 {
  if (b == 0.0 || a == 1.0) { return 1.0; }
  if (isNan(a) || isNan(b)) { return nan(); }
  let x = abs(a); let up = b > 0.0;
  if (isInfinite(b)) { return select(select(0.0, infinity(), (x > 1.0) == up), 1.0, x == 1.0); }
  let whole = abs(b) >= 16777216.0 || trunc(b) == b; let odd = abs(b) < 16777216.0 && whole && (i32(b) & 1) == 1;
  let sign = select(0u, 0x80000000u, odd && bitcast<u32>(a) > 0x7fffffffu); let none = bitcast<u32>(x) == 0u;
  let empty = bitcast<f32>(sign); let full = bitcast<f32>(sign | infinityBits);
  if (none || isInfinite(a)) { return select(empty, full, none != up); }
  if (a < 0.0 && !whole) { return nan(); }
  let l = log2Parts(x); let about = b * l.x;
  if (about > 200.0) { return full; }
  if (about < -200.0) { return empty; }
  let first = highPart(b); let high = first * l.x; let low = (b - first) * l.x + b * l.y; let n = round(high + low);
  return bitcast<f32>(sign | bitcast<u32>(expScaled(((high - n) + low) * 0.693147181, i32(n))));
}`,
}
