import type { DType } from '../../ir/dtype.ts'
import { isMinifloat } from '../../ir/minifloat.ts'
import type { BinaryOp, Scalar, UnaryOp } from '../expr.ts'
import { type Code, type FunctionBuilder, f32, f64, i32, i64, op, type ValueType } from './encode.ts'
import { half } from './half.ts'
import { hostIndex, minifloatNumber } from './imports.ts'

/** How scalars lie in registers in fast precision. */
export function valueType(type: Scalar): ValueType {
  switch (type) {
    case 'bool': case 'int': return i32
    case 'long': case 'ulong': return i64
    case 'float': return f32
    case 'double': return f64
  }
}

/** Puts a constant on the stack. */
export function constCode(value: number | bigint, type: Scalar): Code {
  switch (type) {
    case 'bool': case 'int': return op.i32(Number(value))
    case 'long': case 'ulong': return op.i64(BigInt(value))
    case 'float': return op.f32(Number(value))
    case 'double': return op.f64(Number(value))
  }
}

/** Calls a function of the host. */
function host(f: FunctionBuilder, name: string): Code {
  f.callsHost = true
  return op.call(hostIndex(name))
}

const shiftPair = (bits: number): Code => [...op.i32(bits), 0x74, ...op.i32(bits), 0x75]

/** Reads an element; its address is on the stack. */
export function loadCode(dtype: DType, offset: number): Code {
  const m = (code: number): Code => op.memory(code, offset)
  if (dtype === 'bfloat16') return [...m(0x2f), ...op.i32(16), 0x74, 0xbe]
  switch (dtype) {
    case 'float32': return m(0x2a)
    case 'float64': return m(0x2b)
    case 'int64': case 'uint64': return m(0x29)
    case 'uint32': return m(0x35)
    case 'int32': return m(0x28)
    case 'int16': return m(0x2e)
    case 'uint16': return m(0x2f)
    case 'int8': return m(0x2c)
    case 'bool': return [...m(0x2d), ...op.i32(0), 0x47]
    case 'int4': return [...m(0x2d), ...shiftPair(28)]
    case 'int2': return [...m(0x2d), ...shiftPair(30)]
    case 'uint4': return [...m(0x2d), ...op.i32(15), 0x71]
    case 'uint2': return [...m(0x2d), ...op.i32(3), 0x71]
    default: return m(dtype === 'float16' ? 0x2f : 0x2d)
  }
}

/** What follows `loadCode` for the narrow floats: bits to a value. */
export function decodeCode(f: FunctionBuilder, dtype: DType): Code {
  if (!isMinifloat(dtype) || dtype === 'bfloat16') return []
  if (dtype === 'float16') return half.decode(f)
  const bits = f.local(i32)
  return [...op.set(bits), ...op.i32(minifloatNumber(dtype)), ...op.get(bits), ...host(f, 'decode'), 0xb6]
}

/** Writes an element; its address and value are on the stack. */
export function storeCode(f: FunctionBuilder, dtype: DType, offset: number): Code {
  const m = (code: number): Code => op.memory(code, offset)
  if (dtype === 'float16' || dtype === 'bfloat16') return [...half.encode(f, dtype), ...m(0x3b)]
  if (isMinifloat(dtype)) {
    const value = f.local(f32)
    return [...op.set(value), ...op.i32(minifloatNumber(dtype)), ...op.get(value), 0xbb, ...host(f, 'encode'), ...m(0x3a)]
  }
  switch (dtype) {
    case 'float32': return m(0x38)
    case 'float64': return m(0x39)
    case 'int64': case 'uint64': return m(0x37)
    case 'uint32': return m(0x3e)
    case 'int32': return m(0x36)
    case 'int16': case 'uint16': return m(0x3b)
    case 'int4': return [...shiftPair(28), ...m(0x3a)]
    case 'int2': return [...shiftPair(30), ...m(0x3a)]
    case 'uint4': return [...op.i32(15), 0x71, ...m(0x3a)]
    case 'uint2': return [...op.i32(3), 0x71, ...m(0x3a)]
    default: return m(0x3a)
  }
}

const isFloat = (t: Scalar): boolean => t === 'float' || t === 'double'
const isBig = (t: Scalar): boolean => t === 'long' || t === 'ulong'

/** Converts the value on the stack. */
export function castCode(from: Scalar, to: Scalar): Code {
  if (from === to) return []
  if (to === 'bool') return [...constCode(0, from), from === 'float' ? 0x5c : from === 'double' ? 0x62 : isBig(from) ? 0x52 : 0x47]
  const small = from === 'int' || from === 'bool'
  switch (to) {
    case 'int': return small ? [] : isBig(from) ? [0xa7] : from === 'float' ? [0xfc, 0] : [0xfc, 2]
    case 'long': return small ? [0xac] : isBig(from) ? [] : from === 'float' ? [0xfc, 4] : [0xfc, 6]
    case 'ulong': return small ? [0xac] : isBig(from) ? [] : from === 'float' ? [0xfc, 5] : [0xfc, 7]
    case 'float': return small ? [0xb2] : from === 'long' ? [0xb4] : from === 'ulong' ? [0xb5] : [0xb6]
    case 'double': return small ? [0xb7] : from === 'long' ? [0xb9] : from === 'ulong' ? [0xba] : [0xbb]
  }
}

const through64 = (type: Scalar, code: Code): Code => (type === 'float' ? [0xbb, ...code, 0xb6] : code)

/** Applies a function to the value on the stack. */
export function unaryCode(f: FunctionBuilder, name: UnaryOp, type: Scalar): Code {
  const x = (): number => f.local(valueType(type))
  if (isFloat(type)) {
    const single = type === 'float'
    switch (name) {
      case 'neg': return [single ? 0x8c : 0x9a]
      case 'abs': return [single ? 0x8b : 0x99]
      case 'ceil': return [single ? 0x8d : 0x9b]
      case 'floor': return [single ? 0x8e : 0x9c]
      case 'trunc': return [single ? 0x8f : 0x9d]
      case 'round': return [single ? 0x90 : 0x9e]
      case 'sqrt': return [single ? 0x91 : 0x9f]
      case 'fround': return single ? [] : [0xb6, 0xbb]
      case 'isnan': {
        const a = x()
        return [...op.tee(a), ...op.get(a), single ? 0x5c : 0x62]
      }
      case 'isinf': return [single ? 0x8b : 0x99, ...constCode(Infinity, type), single ? 0x5b : 0x61]
      case 'sign': {
        const a = x()
        const nonzero = [...op.get(a), ...constCode(0, type), single ? 0x5e : 0x64]
        const negative = [...op.get(a), ...constCode(0, type), single ? 0x5d : 0x63]
        return [...op.set(a), ...constCode(1, type), ...constCode(-1, type), ...op.get(a), ...negative, op.select, ...nonzero, op.select]
      }
      case 'not': throw new TypeError(`not of ${type}`)
      default: return through64(type, host(f, name))
    }
  }
  if (name === 'isnan' || name === 'isinf') return [op.drop, ...op.i32(0)]
  if (name === 'floor' || name === 'ceil' || name === 'trunc' || name === 'round') return []
  if (type === 'bool') {
    if (name === 'not') return [0x45]
  } else {
    const a = x()
    const [sub, lt, gt, xor] = isBig(type) ? [0x7d, 0x53, 0x55, 0x85] : [0x6b, 0x48, 0x4a, 0x73]
    const zero = constCode(0, type)
    switch (name) {
      case 'neg': return [...op.set(a), ...zero, ...op.get(a), sub]
      case 'not': return [...constCode(-1, type), xor]
      case 'abs': return type === 'ulong' ? [] : [...op.set(a), ...zero, ...op.get(a), sub, ...op.get(a), ...op.get(a), ...zero, lt, op.select]
      case 'sign':
        return type === 'ulong'
          ? [...zero, 0x52, 0xad]
          : [...op.tee(a), ...zero, gt, ...op.get(a), ...zero, lt, 0x6b, ...castCode('int', type)]
    }
  }
  throw new TypeError(`${name} of ${type}`)
}

const simple: Record<'int' | 'long' | 'ulong' | 'float' | 'double', Partial<Record<BinaryOp, number>>> = {
  int: { add: 0x6a, sub: 0x6b, mul: 0x6c, and: 0x71, or: 0x72, xor: 0x73, lt: 0x48, le: 0x4c, eq: 0x46, ne: 0x47 },
  long: { add: 0x7c, sub: 0x7d, mul: 0x7e, and: 0x83, or: 0x84, xor: 0x85, lt: 0x53, le: 0x57, eq: 0x51, ne: 0x52 },
  ulong: { add: 0x7c, sub: 0x7d, mul: 0x7e, and: 0x83, or: 0x84, xor: 0x85, lt: 0x54, le: 0x58, eq: 0x51, ne: 0x52 },
  float: { add: 0x92, sub: 0x93, mul: 0x94, div: 0x95, min: 0x96, max: 0x97, lt: 0x5d, le: 0x5f, eq: 0x5b, ne: 0x5c },
  double: { add: 0xa0, sub: 0xa1, mul: 0xa2, div: 0xa3, min: 0xa4, max: 0xa5, lt: 0x63, le: 0x65, eq: 0x61, ne: 0x62 },
}

/** Applies an operation to the two values on the stack. `divisor` is the right one when it is a known positive int. */
export function binaryCode(f: FunctionBuilder, name: BinaryOp, type: Scalar, divisor?: number): Code {
  if (type === 'bool') {
    switch (name) {
      case 'and': case 'min': return [0x71]
      case 'or': case 'max': return [0x72]
      case 'xor': case 'ne': return [0x73]
      case 'eq': return [0x46]
      case 'lt': return [0x48]
      case 'le': return [0x4c]
      default: throw new TypeError(`${name} of bool`)
    }
  }
  const direct = simple[type][name]
  if (direct !== undefined) return [direct]
  if (isFloat(type)) {
    if (name === 'pow' || name === 'atan2' || name === 'rem') {
      if (type === 'double') return host(f, name)
      const b = f.local(f32)
      return [...op.set(b), 0xbb, ...op.get(b), 0xbb, ...host(f, name), 0xb6]
    }
    throw new TypeError(`${name} of ${type}`)
  }
  if (type === 'int' && divisor !== undefined && (name === 'floordiv' || name === 'floormod')) {
    const log = Math.log2(divisor)
    if (Number.isInteger(log)) return name === 'floordiv' ? [op.drop, ...op.i32(log), 0x75] : [op.drop, ...op.i32(divisor - 1), 0x71]
  }
  const t = valueType(type)
  const [a, b] = [f.local(t), f.local(t)]
  const big = isBig(type)
  const [add, sub, xor, eqz, lt, shl] = big ? [0x7c, 0x7d, 0x85, 0x50, type === 'ulong' ? 0x54 : 0x53, 0x86] : [0x6a, 0x6b, 0x73, 0x45, 0x48, 0x74]
  const divide = type === 'ulong' ? 0x80 : big ? 0x7f : 0x6d
  const remainder = type === 'ulong' ? 0x82 : big ? 0x81 : 0x6f
  const shr = type === 'ulong' ? 0x88 : big ? 0x87 : 0x75
  const width = big ? 64 : 32
  const zero = constCode(0, type)
  const [A, B] = [op.get(a), op.get(b)]
  const take = [...op.set(b), ...op.set(a)]
  const minus = type === 'ulong' ? op.i32(0) : [...B, ...constCode(-1, type), big ? 0x51 : 0x46]
  /** Division that neither traps at 0 nor at the one quotient that does not fit. */
  const safe = (otherwise: Code): Code => [...B, eqz, ...op.if(t, zero, [...minus, ...op.if(t, [...zero, ...A, sub], otherwise)])]
  switch (name) {
    case 'min': return [...take, ...A, ...B, ...A, ...B, lt, op.select]
    case 'max': return [...take, ...A, ...B, ...B, ...A, lt, op.select]
    case 'div': return [...take, ...safe([...A, ...B, divide])]
    case 'rem': return [...take, ...B, eqz, ...op.if(t, zero, [...A, ...B, remainder])]
    case 'floordiv': {
      if (type === 'ulong') return [...take, ...safe([...A, ...B, divide])]
      const adjust = [...A, ...B, remainder, ...zero, big ? 0x52 : 0x47, ...A, ...B, xor, ...zero, lt, 0x71, ...castCode('int', type), sub]
      return [...take, ...safe([...A, ...B, divide, ...adjust])]
    }
    case 'floormod': {
      const r = f.local(t)
      const R = op.get(r)
      const differs = [...R, ...zero, big ? 0x52 : 0x47, ...R, ...B, xor, ...zero, lt, 0x71]
      const positive = [...A, ...B, remainder, ...op.set(r), ...R, ...B, add, ...R, ...differs, op.select]
      return [...take, ...B, eqz, ...op.if(t, zero, type === 'ulong' ? [...A, ...B, remainder] : positive)]
    }
    case 'shl': return [...take, ...A, ...B, shl, ...zero, ...B, ...constCode(width, type), big ? 0x54 : 0x49, op.select]
    case 'shr': {
      const beyond = type === 'ulong' ? zero : [...A, ...constCode(width - 1, type), shr]
      return [...take, ...A, ...B, shr, ...beyond, ...B, ...constCode(width, type), big ? 0x54 : 0x49, op.select]
    }
    case 'pow': return [...take, ...A, ...B, ...host(f, type === 'ulong' ? 'powUnsigned' : big ? 'pow64' : 'powInt')]
    default: throw new TypeError(`${name} of ${type}`)
  }
}
