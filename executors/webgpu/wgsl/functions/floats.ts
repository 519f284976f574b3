import type { Library } from '../library.ts'

/** Functions of float32 with the edges that expressions ask for (see src/expr/expr.ts). */
export const floatFunctions: Library = {
  maxFloat: 'fn maxFloat(a: f32, b: f32) -> f32 { return select(max(a, b), a + b, isNan(a) || isNan(b)); }',
  minFloat: 'fn minFloat(a: f32, b: f32) -> f32 { return select(min(a, b), a + b, isNan(a) || isNan(b)); }',
  tanhFloat: 'fn tanhFloat(x: f32) -> f32 { return select(tanh(clamp(x, -20.0, 20.0)), x, isNan(x)); }',
  expFloat: 'fn expFloat(x: f32) -> f32 { return select(exp(x), x, isNan(x)); }',
  signFloat: 'fn signFloat(x: f32) -> f32 { return select(sign(x), x, isNan(x) || x == 0.0); }',
}
