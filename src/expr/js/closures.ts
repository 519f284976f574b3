import type { TypedArray } from '../../ir/tensor.ts'
import type { DType } from '../../ir/dtype.ts'
import { decodeMinifloat, encodeMinifloat, isMinifloat } from '../../ir/minifloat.ts'
import type { BinaryOp, Buffer, Scalar, UnaryOp } from '../expr.ts'
import type { Local, Statement, Term } from '../loop.ts'
import * as h from './scalar.ts'

/** What a term is: bigint for 64-bit integers, a boolean for bools, else a number. Kept as numbers for the compiler's sake; operators below know what they get. */
type Scalars = number
type Read = () => Scalars
type Run = () => void
type Two = (a: Scalars, b: Scalars) => unknown
type One = (a: Scalars) => unknown

const isBig = (t: Scalar): boolean => t === 'long' || t === 'ulong'
const isFloat = (t: Scalar): boolean => t === 'float' || t === 'double'
/** Where a bool, a BigInt or a number is meant, whichever it is. */
const as = <T>(f: (...args: T[]) => unknown): Two & One => f as unknown as Two & One
const big = (f: (...args: bigint[]) => bigint | boolean): Two & One => as(f)
const wrapped = (type: Scalar, f: (...args: bigint[]) => bigint): Two & One => big(type === 'long' ? (...a) => BigInt.asIntN(64, f(...a)) : (...a) => BigInt.asUintN(64, f(...a)))

/**
 * Statements as functions that call each other: what `printStatements` says, where code can't be made from text (a page
 * whose policy forbids `unsafe-eval`), many times slower. `array` gives the array of a buffer while it runs.
 */
export function closeStatements(statements: readonly Statement[], array: (buffer: Buffer) => () => TypedArray): Run {
  const frame: Scalars[] = []
  const slots = new Map<Local, number>()
  const slotOf = (local: Local): number => {
    if (!slots.has(local)) slots.set(local, slots.size)
    return slots.get(local)!
  }
  const block = (list: readonly Statement[]): Run => {
    const steps = list.map(step)
    if (steps.length === 1) return steps[0]!
    return () => {
      for (const run of steps) run()
    }
  }
  const step = (s: Statement): Run => {
    switch (s.kind) {
      case 'let': case 'var': case 'set': {
        const [slot, value] = [slotOf(s.local), term(s.value)]
        return () => void (frame[slot] = value())
      }
      case 'store': {
        const [place, index, value, put] = [array(s.buffer), term(s.index), term(s.value), storing(s.buffer.dtype)]
        return () => void (place()[index()] = put(value()) as never)
      }
      case 'if': {
        const [condition, body, otherwise] = [term(s.condition), block(s.body), block(s.otherwise)]
        return () => (condition() ? body() : otherwise())
      }
      case 'for': {
        const [slot, from, to, body] = [slotOf(s.local), term(s.from), term(s.to), block(s.body)]
        return () => {
          const end = to()
          for (let i = from(); i < end; i++) {
            frame[slot] = i
            body()
          }
        }
      }
    }
  }
  const term = (t: Term): Read => {
    switch (t.kind) {
      case 'const': {
        const value = (t.type === 'bool' ? Boolean(t.value) : isBig(t.type) ? BigInt(t.value) : Number(t.value)) as Scalars
        return () => value
      }
      case 'local': {
        const slot = slotOf(t.local)
        return () => frame[slot]!
      }
      case 'load': {
        const [place, index, get] = [array(t.buffer), term(t.index), loading(t.buffer.dtype)]
        return get ? () => get(place()[index()] as Scalars) as Scalars : () => place()[index()] as Scalars
      }
      case 'select': {
        const [condition, a, b] = [term(t.condition), term(t.a), term(t.b)]
        return () => (condition() ? a() : b())
      }
      case 'cast': return applied(casting(t.a.type, t.type), term(t.a))
      case 'unary': return applied(unaryOf(t.op, t.a.type), term(t.a))
      case 'binary': {
        const [f, a, b] = [binaryOf(t.op, t.a.type), term(t.a), term(t.b)]
        return () => f(a(), b()) as Scalars
      }
    }
  }
  return block(statements)
}

const applied = (f: One | undefined, a: Read): Read => (f ? () => f(a()) as Scalars : a)

function loading(dtype: DType): One | undefined {
  if (isMinifloat(dtype)) return bits => decodeMinifloat(dtype, bits)
  const table: Partial<Record<DType, One>> = { uint32: BigInt, int4: a => (a << 28) >> 28, uint4: a => a & 15, int2: a => (a << 30) >> 30, uint2: a => a & 3, bool: a => a !== 0 }
  return table[dtype]
}

function storing(dtype: DType): One {
  if (isMinifloat(dtype)) return value => encodeMinifloat(dtype, value)
  const table: Partial<Record<DType, One>> = { ...storedAsLoaded, uint32: as<bigint>(a => Number(BigInt.asUintN(32, a!))), bool: a => (a ? 1 : 0) }
  return table[dtype] ?? (a => a)
}
const storedAsLoaded = Object.fromEntries((['int4', 'uint4', 'int2', 'uint2'] as const).map(dtype => [dtype, loading(dtype)!]))

function casting(from: Scalar, to: Scalar): One | undefined {
  // eslint-disable-next-line eqeqeq
  if (to === 'bool') return a => a != 0
  if (from === 'bool') return isBig(to) ? BigInt : Number
  if (isFloat(from)) return isFloat(to) ? undefined : to === 'int' ? h.toInt : to === 'long' ? h.toLong : h.toUlong
  if (isFloat(to)) return isBig(from) ? Number : undefined
  if (to === 'int') return isBig(from) ? as<bigint>(a => Number(BigInt.asIntN(32, a!))) : undefined
  return to === 'long' ? a => BigInt.asIntN(64, BigInt(a)) : a => BigInt.asUintN(64, BigInt(a))
}

function unaryOf(op: UnaryOp, type: Scalar): One | undefined {
  if (op === 'isnan') return a => isFloat(type) && Number.isNaN(a)
  if (op === 'isinf') return a => isFloat(type) && Math.abs(a) === Infinity
  if (isFloat(type)) return op === 'neg' ? a => -a : op === 'erf' ? h.erf : op === 'round' ? h.roundEven : Math[op as 'abs']
  if (op === 'floor' || op === 'ceil' || op === 'trunc' || op === 'round') return undefined
  const table: Partial<Record<UnaryOp, One>> =
    type === 'bool'
      ? { not: a => !a }
      : isBig(type)
        ? { not: wrapped(type, a => ~a!), neg: wrapped(type, a => -a!), abs: wrapped(type, a => h.absolute64(a!)), sign: big(a => h.sign64(a!)) }
        : { not: a => ~a, neg: a => -a | 0, abs: a => Math.abs(a) | 0, sign: a => Math.sign(a) }
  return table[op] ?? unknownOperation(op, type)
}

const compared: Partial<Record<BinaryOp, Two>> = { lt: (a, b) => a < b, le: (a, b) => a <= b, eq: (a, b) => a === b, ne: (a, b) => a !== b }
const ofBools: Partial<Record<BinaryOp, Two>> = { and: (a, b) => a && b, min: (a, b) => a && b, or: (a, b) => a || b, max: (a, b) => a || b, xor: (a, b) => a !== b }
const ofFloats: Partial<Record<BinaryOp, Two>> = {
  add: (a, b) => a + b, sub: (a, b) => a - b, mul: (a, b) => a * b, div: (a, b) => a / b, rem: (a, b) => a % b,
  min: Math.min, max: Math.max, atan2: Math.atan2, pow: h.power,
}
const ofInts: Partial<Record<BinaryOp, Two>> = {
  add: (a, b) => (a + b) | 0, sub: (a, b) => (a - b) | 0, mul: Math.imul, and: (a, b) => a & b, or: (a, b) => a | b, xor: (a, b) => a ^ b,
  div: h.divide, rem: (a, b) => (a % b) | 0, floordiv: (a, b) => Math.floor(a / b) | 0, floormod: h.floorMod, min: Math.min, max: Math.max,
  pow: h.powerInt, shl: h.shiftLeft, shr: h.shiftRight,
}
const ofLongs = (type: Scalar): Partial<Record<BinaryOp, Two>> => ({
  add: wrapped(type, (a, b) => a! + b!), sub: wrapped(type, (a, b) => a! - b!), mul: wrapped(type, (a, b) => a! * b!),
  and: wrapped(type, (a, b) => a! & b!), or: wrapped(type, (a, b) => a! | b!), xor: wrapped(type, (a, b) => a! ^ b!),
  div: wrapped(type, (a, b) => h.divide64(a!, b!)), rem: big((a, b) => h.remainder64(a!, b!)), floordiv: wrapped(type, (a, b) => h.floorDivide64(a!, b!)), floormod: big((a, b) => h.floorMod64(a!, b!)),
  min: big((a, b) => h.least64(a!, b!)), max: big((a, b) => h.greatest64(a!, b!)), pow: wrapped(type, (a, b) => h.power64(a!, b!)),
  shl: wrapped(type, (a, b) => h.shiftLeft64(a!, b!)), shr: big((a, b) => h.shiftRight64(a!, b!)),
})
const operations: Readonly<Record<Scalar, Partial<Record<BinaryOp, Two>>>> = { bool: ofBools, int: ofInts, long: ofLongs('long'), ulong: ofLongs('ulong'), float: ofFloats, double: ofFloats }

const binaryOf = (op: BinaryOp, type: Scalar): Two => compared[op] ?? operations[type][op] ?? unknownOperation(op, type)

const unknownOperation = (op: string, type: Scalar): never => {
  throw new TypeError(`${op} of ${type}`)
}
