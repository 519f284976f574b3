import type { Library } from '../library.ts'

/** Integers of 32 bits where WGSL's operators say otherwise than expressions do (see src/expr/expr.ts). */
export const integerFunctions: Library = {
  divideInt: 'fn divideInt(a: i32, b: i32) -> i32 { if (b == 0) { return 0; } return a / b; }',
  remInt: 'fn remInt(a: i32, b: i32) -> i32 { if (b == 0 || b == -1) { return 0; } return a % b; }',
  floorDivide: 'fn floorDivide(a: i32, b: i32) -> i32 { let q = divideInt(a, b); return select(q, q - 1, (remInt(a, b) != 0) & ((a < 0) != (b < 0))); }',
  floorMod: 'fn floorMod(a: i32, b: i32) -> i32 { let r = remInt(a, b); return select(r, r + b, (r != 0) & ((r < 0) != (b < 0))); }',
  shiftLeft: 'fn shiftLeft(a: i32, b: i32) -> i32 { return select(a << (u32(b) & 31u), 0, u32(b) > 31u); }',
  shiftRight: 'fn shiftRight(a: i32, b: i32) -> i32 { return select(a >> (u32(b) & 31u), a >> 31u, u32(b) > 31u); }',
  powerInt: `fn powerInt(a: i32, b: i32) -> i32 {
  if (b < 0) { if (a == 1) { return 1; } if (a == -1) { return select(1, -1, (b & 1) != 0); } return 0; }
  var result = 1; var base = a; var n = b;
  while (n > 0) { if ((n & 1) != 0) { result *= base; } base *= base; n = n >> 1u; }
  return result;
}`,
  toInt: `fn toInt(x: f32) -> i32 {
  if (isNan(x)) { return 0; }
  if (x >= 2147483648.0) { return 2147483647; }
  if (x <= -2147483648.0) { return -2147483647 - 1; }
  return i32(x);
}`,
}
