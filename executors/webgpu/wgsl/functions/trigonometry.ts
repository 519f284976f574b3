import type { Library } from '../library.ts'
import { horner } from './horner.ts'

/** 2/pi in words of 32 bits, after a word of zeros. */
const twoOverPi = [0, 0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab]

/** Circular functions and their inverses in float32, to a few units in the last place for arguments of any size. */
export const trigonometricFunctions: Library = {
  twoOverPi: `const twoOverPi = array<u32, 8>(${twoOverPi.map(w => `${w}u`).join(', ')});`,
  Angle: 'struct Angle { rest: f32, quarters: i32 }',
  // x = quarters * pi/2 + rest, |rest| <= pi/4; integer arithmetic with as many bits of 2/pi as matter (Payne and Hanek)
  angleOf: `fn angleOf(x: f32) -> Angle {
  let a = bitcast<u32>(x) & 0x7fffffffu;
  if (a <= 0x3f490fdbu) { return Angle(x, 0); }
  let m = (a & 0x7fffffu) | 0x800000u; let p = (a >> 23u) - 120u; let w = p >> 5u; let s = p & 31u; let t = 31u - s;
  let w1 = (twoOverPi[w + 1u] << s) | ((twoOverPi[w + 2u] >> 1u) >> t);
  let low = m * w1 + multiplyWide(m, (twoOverPi[w + 2u] << s) | ((twoOverPi[w + 3u] >> 1u) >> t)).y;
  let high = m * ((twoOverPi[w] << s) | ((twoOverPi[w + 1u] >> 1u) >> t)) + multiplyWide(m, w1).y + select(0u, 1u, low < m * w1);
  let q = (high + 0x20000000u) >> 30u;
  var f = vec2<u32>(low, high - (q << 30u)); let below = f.y > 0x7fffffffu;
  if (below) { f = longNeg(f); }
  let z = ulongLeadingZeros(f);
  let r = f32(shiftWordsLeft(f, z).y) * 1.57079637 * bitcast<f32>((97u - z) << 23u);
  let negative = x < 0.0;
  return Angle(select(r, -r, below != negative), select(i32(q), -i32(q), negative));
}`,
  sinNear: `fn sinNear(r: f32) -> f32 { let z = r * r; return r + r * (z * ${horner('z', [2.71804652e-6, -0.000198393042, 0.00833332911, -0.166666672])}); }`,
  cosNear: `fn cosNear(r: f32) -> f32 { let z = r * r; return 1.0 - (0.5 * z - z * z * ${horner('z', [2.44324128e-5, -0.00138873095, 0.0416666456])}); }`,
  sinOfAngle: `fn sinOfAngle(r: f32, quarters: i32) -> f32 {
  let s = select(sinNear(r), cosNear(r), (quarters & 1) == 1);
  return select(s, -s, (quarters & 2) != 0);
}`,
  sinFloat: `fn sinFloat(x: f32) -> f32 {
  if (isNan(x) || isInfinite(x)) { return nan(); }
  if (abs(x) < 1e-4) { return x; }
  let a = angleOf(x);
  return sinOfAngle(a.rest, a.quarters);
}`,
  cosFloat: `fn cosFloat(x: f32) -> f32 {
  if (isNan(x) || isInfinite(x)) { return nan(); }
  let a = angleOf(x);
  return sinOfAngle(a.rest, a.quarters + 1);
}`,
  tanFloat: `fn tanFloat(x: f32) -> f32 {
  if (isNan(x) || isInfinite(x)) { return nan(); }
  let a = angleOf(x); let r = a.rest; let z = r * r;
  let t = r + r * (z * ${horner('z', [0.00438707927, 6.81982492e-5, 0.0108521841, 0.0212760568, 0.0540610664, 0.13332653, 0.333333492])});
  if ((a.quarters & 1) == 1) { return -1.0 / t; }
  return t;
}`,
  asinNear: `fn asinNear(x: f32) -> f32 { let z = x * x; return x + x * (z * ${horner('z', [0.0375293829, 0.0144298365, 0.0318099111, 0.0445167087, 0.0750050545, 0.166666597])}); }`,
  asinFloat: `fn asinFloat(x: f32) -> f32 {
  let a = abs(x);
  if (a <= 0.5) { return asinNear(x); }
  if (isNan(x) || a > 1.0) { return nan(); }
  let r = 1.57079637 - (2.0 * asinNear(sqrt(0.5 - 0.5 * a)) + 4.37113900e-8);
  return select(r, -r, x < 0.0);
}`,
  acosFloat: `fn acosFloat(x: f32) -> f32 {
  let a = abs(x);
  if (a <= 0.5) { return 1.57079637 - (asinNear(x) + 4.37113900e-8); }
  if (isNan(x) || a > 1.0) { return nan(); }
  let r = 2.0 * asinNear(sqrt(0.5 - 0.5 * a));
  return select(r, 3.14159274 - (r + 8.74227801e-8), x < 0.0);
}`,
  atanNear: `fn atanNear(x: f32) -> f32 {
  if (abs(x) < 1e-4) { return x; }
  let z = x * x;
  return x + x * (z * ${horner('z', [0.00111341779, -0.00731619587, 0.0225363281, -0.0446860194, 0.0674133599, -0.0881098434, 0.110581972, -0.14279829, 0.19999671, -0.333333284])});
}`,
  atanFloat: `fn atanFloat(x: f32) -> f32 {
  let a = abs(x);
  if (isNan(x) || a <= 1.0) { return atanNear(x); }
  let r = 1.57079637 - (atanNear(1.0 / min(a, 1e30)) + 4.37113900e-8);
  return select(r, -r, x < 0.0);
}`,
  atan2Float: `fn atan2Float(y: f32, x: f32) -> f32 {
  if (isNan(y) || isNan(x)) { return nan(); }
  let a = abs(y); let b = abs(x); let least = min(a, b); let most = max(a, b);
  var ratio = select(0.0, 1.0, isInfinite(least));
  if (most > 0.0 && !isInfinite(most)) { let scale = select(select(1.0, 1.32922800e36, most < 1e-30), 7.52316385e-37, most > 1e30); ratio = (least * scale) / (most * scale); }
  var r = atanNear(ratio);
  if (a > b) { r = 1.57079637 - (r + 4.37113900e-8); }
  if (bitcast<u32>(x) > 0x7fffffffu) { r = 3.14159274 - (r + 8.74227801e-8); }
  return bitcast<f32>(bitcast<u32>(r) | (bitcast<u32>(y) & 0x80000000u));
}`,
}
