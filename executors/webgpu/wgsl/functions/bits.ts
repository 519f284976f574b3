import type { Library } from '../library.ts'

/** What WGSL can't say as a literal, and tests that it may assume away: infinities and NaN by their bits. */
export const bitFunctions: Library = {
  infinityBits: 'var<private> infinityBits: u32 = 0x7f800000u;',
  nanBits: 'var<private> nanBits: u32 = 0x7fc00000u;',
  infinity: 'fn infinity() -> f32 { return bitcast<f32>(infinityBits); }',
  nan: 'fn nan() -> f32 { return bitcast<f32>(nanBits); }',
  isNan: 'fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }',
  isInfinite: 'fn isInfinite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u; }',
}
