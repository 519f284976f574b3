import type { Library } from '../library.ts'

/** Integers of 64 bits as two words, the low one first. */
export const longFunctions: Library = {
  longOfInt: 'fn longOfInt(a: i32) -> vec2<u32> { return vec2<u32>(u32(a), u32(a >> 31u)); }',
  longAdd: 'fn longAdd(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> { let low = a.x + b.x; return vec2<u32>(low, a.y + b.y + select(0u, 1u, low < a.x)); }',
  longNeg: 'fn longNeg(a: vec2<u32>) -> vec2<u32> { return longAdd(~a, vec2<u32>(1u, 0u)); }',
  longSub: 'fn longSub(a: vec2<u32>, b: vec2<u32>) -> vec2<u32> { return vec2<u32>(a.x - b.x, a.y - b.y - select(0u, 1u, a.x < b.x)); }',
  longEq: 'fn longEq(a: vec2<u32>, b: vec2<u32>) -> bool { return a.x == b.x && a.y == b.y; }',
  longLess: 'fn longLess(a: vec2<u32>, b: vec2<u32>) -> bool { return select(bitcast<i32>(a.y) < bitcast<i32>(b.y), a.x < b.x, a.y == b.y); }',
  ulongLess: 'fn ulongLess(a: vec2<u32>, b: vec2<u32>) -> bool { return select(a.y < b.y, a.x < b.x, a.y == b.y); }',
}
