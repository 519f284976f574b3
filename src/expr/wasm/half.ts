import { type Code, f32, type FunctionBuilder, i32, op, v128, type ValueType } from './encode.ts'
import { i4, x4 } from './math.ts'

/** 32-bit words, one or four at a time, seen as integers and as floats. */
interface Words {
  readonly type: ValueType
  readonly floatType: ValueType
  int(value: number): Code
  float(value: number): Code
  shl(by: number): Code
  shrU(by: number): Code
  readonly add: Code
  readonly sub: Code
  readonly and: Code
  readonly or: Code
  readonly gt: Code
  readonly addFloat: Code
  readonly mulFloat: Code
  readonly asFloat: Code
  readonly asInt: Code
  /** `a` where the condition holds, else `b`. */
  choose(a: Code, b: Code, condition: Code): Code
}

const one: Words = {
  type: i32,
  floatType: f32,
  int: op.i32,
  float: op.f32,
  shl: by => [...op.i32(by), 0x74],
  shrU: by => [...op.i32(by), 0x76],
  add: [0x6a],
  sub: [0x6b],
  and: [0x71],
  or: [0x72],
  gt: [0x4a],
  addFloat: [0x92],
  mulFloat: [0x94],
  asFloat: [0xbe],
  asInt: [0xbc],
  choose: (a, b, condition) => [...a, ...b, ...condition, op.select],
}

const four: Words = {
  type: v128,
  floatType: v128,
  int: op.i32x4,
  float: op.f32x4,
  shl: by => [...op.i32(by), ...i4.shl],
  shrU: by => [...op.i32(by), ...i4.shrU],
  add: i4.add,
  sub: i4.sub,
  and: x4.and,
  or: x4.or,
  gt: i4.gt,
  addFloat: x4.add,
  mulFloat: x4.mul,
  asFloat: [],
  asInt: [],
  choose: (a, b, condition) => [...a, ...b, ...condition, ...x4.bitselect],
}

/** float16 bits on the stack to float32: the exponent is rebased by a multiplication, which subnormals survive. */
function decodeHalf(f: FunctionBuilder, w: Words): Code {
  const [bits, size] = [f.local(w.type), f.local(w.type)]
  const special = [...op.get(size), ...w.int(0x0f7fffff), ...w.gt]
  const finite = [...op.get(size), ...w.asFloat, ...w.float(2 ** 112), ...w.mulFloat, ...w.asInt]
  return [
    ...op.tee(bits), ...w.int(0x7fff), ...w.and, ...w.shl(13), ...op.set(size),
    ...w.choose([...op.get(size), ...w.int(0x7f800000), ...w.or], finite, special),
    ...op.get(bits), ...w.int(0x8000), ...w.and, ...w.shl(16), ...w.or, ...w.asFloat,
  ]
}

/** float32 on the stack to float16 bits, half to even; subnormals are rounded by adding 0.5, whose last place is theirs. */
function encodeHalf(f: FunctionBuilder, w: Words): Code {
  const [bits, size] = [f.local(w.type), f.local(w.type)]
  const above = (limit: number): Code => [...op.get(size), ...w.int(limit), ...w.gt]
  const normal = [...op.get(size), ...w.int(0xc8000fff), ...w.add, ...op.get(size), ...w.shrU(13), ...w.int(1), ...w.and, ...w.add, ...w.shrU(13)]
  const small = [...op.get(size), ...w.asFloat, ...w.float(0.5), ...w.addFloat, ...w.asInt, ...w.int(0x3f000000), ...w.sub]
  const finite = w.choose(w.choose(w.int(0x7c00), normal, above(0x477fffff)), small, above(0x387fffff))
  const signed = [...finite, ...op.get(bits), ...w.shrU(16), ...w.int(0x8000), ...w.and, ...w.or]
  return [...w.asInt, ...op.tee(bits), ...w.int(0x7fffffff), ...w.and, ...op.set(size), ...w.choose(w.int(0x7e00), signed, above(0x7f800000))]
}

/** float32 on the stack to bfloat16 bits, half to even. */
function encodeBrain(f: FunctionBuilder, w: Words): Code {
  const bits = f.local(w.type)
  const rounded = [...op.get(bits), ...w.int(0x7fff), ...w.add, ...op.get(bits), ...w.shrU(16), ...w.int(1), ...w.and, ...w.add, ...w.shrU(16)]
  const nan = [...op.get(bits), ...w.int(0x7fffffff), ...w.and, ...w.int(0x7f800000), ...w.gt]
  return [...w.asInt, ...op.set(bits), ...w.choose(w.int(0x7fc0), rounded, nan)]
}

/** The 16-bit floats by instructions instead of the host: for one value, and for four. */
export const half = {
  decode: (f: FunctionBuilder): Code => decodeHalf(f, one),
  decode4: (f: FunctionBuilder): Code => decodeHalf(f, four),
  encode: (f: FunctionBuilder, dtype: 'float16' | 'bfloat16'): Code => (dtype === 'float16' ? encodeHalf : encodeBrain)(f, one),
  encode4: (f: FunctionBuilder, dtype: 'float16' | 'bfloat16'): Code => (dtype === 'float16' ? encodeHalf : encodeBrain)(f, four),
} as const
