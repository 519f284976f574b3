import type { BinaryOp, Buffer, Scalar, UnaryOp } from '../../../src/expr/expr.ts'
import type { Local, Statement, Term } from '../../../src/expr/loop.ts'

/** How printed code reads and writes elements; `index` is the text of an i32. */
export interface Access {
  load(buffer: Buffer, index: string): string
  store(buffer: Buffer, index: string, value: string): string
}

/** The WGSL type of a scalar. `double` is single here; 64-bit integers are two words. */
export const typeText = (t: Scalar): string => (t === 'bool' ? 'bool' : t === 'int' ? 'i32' : isLong(t) ? 'vec2<u32>' : 'f32')

export const nameOf = (local: Local): string => `${local.type[0]}_${local.id}`
const isLong = (t: Scalar): boolean => t === 'long' || t === 'ulong'
const isFloat = (t: Scalar): boolean => t === 'float' || t === 'double'

const largest = 3.4028234663852886e38

/** A float32 literal: what rounds to infinity, and NaN, are made from bits. */
export function floatText(value: number): string {
  const x = Math.fround(value)
  if (Number.isNaN(x)) return 'nan()'
  if (x > largest) return 'infinity()'
  if (x < -largest) return '(-infinity())'
  if (Object.is(x, -0)) return 'bitcast<f32>(0x80000000u)'
  const text = String(x)
  return `${x < 0 ? `(${text}` : text}${/[.e]/.test(text) ? '' : '.0'}f${x < 0 ? ')' : ''}`.replace('.0f', '.0')
}

function constText(value: number | bigint, type: Scalar): string {
  if (type === 'bool') return value ? 'true' : 'false'
  if (isLong(type)) {
    const v = BigInt.asUintN(64, BigInt(value))
    return `vec2<u32>(${v & 0xffffffffn}u, ${v >> 32n}u)`
  }
  if (type === 'int') return value < 0 ? (Number(value) === -(2 ** 31) ? '(-2147483647 - 1)' : `(${value})`) : String(value)
  return floatText(Number(value))
}

/** Prints statements as WGSL. Functions that they call are declared by `declarationsFor`. */
export function printStatements(statements: readonly Statement[], access: Access): string {
  const term = (t: Term): string => printTerm(t, access)
  return statements
    .map(s => {
      switch (s.kind) {
        case 'let': return `let ${nameOf(s.local)} = ${term(s.value)};\n`
        case 'var': return `var ${nameOf(s.local)}: ${typeText(s.local.type)} = ${term(s.value)};\n`
        case 'set': return `${nameOf(s.local)} = ${term(s.value)};\n`
        case 'store': return access.store(s.buffer, term(s.index), term(s.value))
        case 'if': {
          const otherwise = s.otherwise.length ? ` else {\n${printStatements(s.otherwise, access)}}` : ''
          return `if (${term(s.condition)}) {\n${printStatements(s.body, access)}}${otherwise}\n`
        }
        case 'for': {
          const i = nameOf(s.local)
          const end = s.to.kind === 'const' ? '' : `let ${i}_end = ${term(s.to)};\n`
          const loop = `for (var ${i} = ${term(s.from)}; ${i} < ${end ? `${i}_end` : term(s.to)}; ${i}++) {\n${printStatements(s.body, access)}}\n`
          return end ? `{\n${end}${loop}}\n` : loop
        }
      }
    })
    .join('')
}

function printTerm(t: Term, access: Access): string {
  switch (t.kind) {
    case 'const': return constText(t.value, t.type)
    case 'local': return nameOf(t.local)
    case 'load': return access.load(t.buffer, printTerm(t.index, access))
    case 'select': return `select(${printTerm(t.b, access)}, ${printTerm(t.a, access)}, ${printTerm(t.condition, access)})`
    case 'cast': return castText(printTerm(t.a, access), t.a.type, t.type)
    case 'unary': return unaryText(t.op, printTerm(t.a, access), t.a.type)
    case 'binary': {
      const folded = foldedFloat(t)
      return folded === undefined ? binaryText(t.op, printTerm(t.a, access), printTerm(t.b, access), t.a.type, t.b) : floatText(folded)
    }
  }
}

/** WGSL rejects an expression of literals that overflows. */
function foldedFloat({ op, a, b, type }: Term & { kind: 'binary' }): number | undefined {
  if (!isFloat(type) || a.kind !== 'const' || b.kind !== 'const') return undefined
  const [x, y] = [Math.fround(Number(a.value)), Math.fround(Number(b.value))]
  return op === 'add' ? x + y : op === 'sub' ? x - y : op === 'mul' ? x * y : op === 'div' ? x / y : undefined
}

function castText(a: string, from: Scalar, to: Scalar): string {
  if (to === 'bool') return from === 'int' ? `(${a} != 0)` : isLong(from) ? `any(${a} != vec2<u32>())` : `!(${a} == 0.0)`
  if (from === 'bool') return isFloat(to) ? `select(0.0, 1.0, ${a})` : to === 'int' ? `select(0, 1, ${a})` : `vec2<u32>(select(0u, 1u, ${a}), 0u)`
  if (isFloat(from)) return isFloat(to) ? a : to === 'int' ? `toInt(${a})` : to === 'long' ? `toLong(${a})` : `toUlong(${a})`
  if (isFloat(to)) return from === 'int' ? `f32(${a})` : from === 'long' ? `floatOfLong(${a})` : `floatOfUlong(${a})`
  if (to === 'int') return `bitcast<i32>(${a}.x)`
  return from === 'int' ? `longOfInt(${a})` : a
}

const floatUnary: Partial<Record<UnaryOp, string>> = {
  abs: 'abs', sqrt: 'sqrtFloat', floor: 'floor', ceil: 'ceil', trunc: 'trunc', round: 'round',
  sign: 'signFloat', exp: 'expFloat', tanh: 'tanhFloat', expm1: 'expm1Float', log: 'logFloat', log1p: 'log1pFloat', erf: 'erfFloat',
  sin: 'sinFloat', cos: 'cosFloat', tan: 'tanFloat', asin: 'asinFloat', acos: 'acosFloat', atan: 'atanFloat', sinh: 'sinhFloat', cosh: 'coshFloat',
  asinh: 'asinhFloat', acosh: 'acoshFloat', atanh: 'atanhFloat',
}

function unaryText(op: UnaryOp, a: string, type: Scalar): string {
  if (op === 'isnan') return isFloat(type) ? `isNan(${a})` : 'false'
  if (op === 'isinf') return isFloat(type) ? `isInfinite(${a})` : 'false'
  if (isFloat(type)) {
    if (op === 'neg') return `(-${a})`
    if (op === 'fround') return a
    if (floatUnary[op]) return `${floatUnary[op]}(${a})`
  } else if (op === 'floor' || op === 'ceil' || op === 'trunc' || op === 'round') return a
  else if (type === 'bool') {
    if (op === 'not') return `!${a}`
  } else if (isLong(type)) {
    if (op === 'not') return `(~${a})`
    if (op === 'neg') return `longNeg(${a})`
    if (op === 'abs') return type === 'long' ? `longAbs(${a})` : a
    if (op === 'sign') return type === 'long' ? `longSign(${a})` : `vec2<u32>(select(0u, 1u, any(${a} != vec2<u32>())), 0u)`
  } else {
    if (op === 'not') return `(~${a})`
    if (op === 'neg') return `(0 - ${a})`
    if (op === 'abs' || op === 'sign') return `${op}(${a})`
  }
  throw new TypeError(`${op} of ${type}`)
}

const symbols = { add: '+', sub: '-', mul: '*', div: '/', and: '&', or: '|', xor: '^', lt: '<', le: '<=', eq: '==' } as const
const longNames: Partial<Record<BinaryOp, string>> = { add: 'Add', sub: 'Sub', mul: 'Mul', div: 'Div', rem: 'Rem', floordiv: 'FloorDiv', floormod: 'FloorMod', min: 'Min', max: 'Max', pow: 'Pow', shl: 'ShiftLeft', shr: 'ShiftRight' }
/** The same for both kinds of long. */
const signless = new Set<BinaryOp>(['add', 'sub', 'mul', 'shl'])

const powers: Readonly<Record<number, string>> = { 1: '', 2: 'squareFloat', 3: 'cubeFloat' }

function binaryText(op: BinaryOp, a: string, b: string, type: Scalar, right: Term): string {
  const plain = (symbol: string): string => `(${a} ${symbol} ${b})`
  if (op === 'ne') return isLong(type) ? `any(${a} != ${b})` : isFloat(type) ? `!(${a} == ${b})` : plain('!=')
  if (op === 'lt' && type === 'long' && right.kind === 'const' && right.value === 0n) return `longIsNegative(${a})`
  if (op === 'lt' || op === 'le' || op === 'eq') return compareText(op, a, b, type)
  if (type === 'bool') {
    // not && and ||: these branch
    if (op === 'and' || op === 'min') return plain('&')
    if (op === 'or' || op === 'max') return plain('|')
    if (op === 'xor') return plain('!=')
  } else if (isFloat(type)) {
    switch (op) {
      case 'add': case 'sub': case 'mul': case 'div': return plain(symbols[op])
      case 'min': case 'max': return `${op}Float(${a}, ${b})`
      case 'pow': return right.kind === 'const' && Object.hasOwn(powers, Number(right.value)) ? `${powers[Number(right.value)]}(${a})` : `powFloat(${a}, ${b})`
      case 'rem': return `remFloat(${a}, ${b})`
      case 'atan2': return `atan2Float(${a}, ${b})`
    }
  } else if (isLong(type)) {
    if (op === 'and' || op === 'or' || op === 'xor') return plain(symbols[op])
    const name = longNames[op]
    if (name) return `${type === 'ulong' && !signless.has(op) ? 'ulong' : 'long'}${name}(${a}, ${b})`
  } else {
    const divisor = right.kind === 'const' ? Number(right.value) : 0
    const shift = divisor > 0 && Number.isInteger(Math.log2(divisor)) ? Math.log2(divisor) : undefined
    switch (op) {
      case 'add': case 'sub': case 'mul': case 'and': case 'or': case 'xor': return plain(symbols[op])
      case 'div': return divisor > 0 ? plain('/') : `divideInt(${a}, ${b})`
      case 'rem': return divisor > 0 ? plain('%') : `remInt(${a}, ${b})`
      case 'floordiv': return shift !== undefined ? `(${a} >> ${shift}u)` : `floorDivide(${a}, ${b})`
      case 'floormod': return shift !== undefined ? `(${a} & ${divisor - 1})` : `floorMod(${a}, ${b})`
      case 'min': case 'max': return `${op}(${a}, ${b})`
      case 'pow': return `powerInt(${a}, ${b})`
      case 'shl': return `shiftLeft(${a}, ${b})`
      case 'shr': return `shiftRight(${a}, ${b})`
    }
  }
  throw new TypeError(`${op} of ${type}`)
}

function compareText(op: 'lt' | 'le' | 'eq', a: string, b: string, type: Scalar): string {
  if (!isLong(type)) return type === 'bool' && op !== 'eq' ? (op === 'lt' ? `(!${a} & ${b})` : `(!${a} | ${b})`) : `(${a} ${symbols[op]} ${b})`
  const less = type === 'long' ? 'longLess' : 'ulongLess'
  return op === 'eq' ? `longEq(${a}, ${b})` : op === 'lt' ? `${less}(${a}, ${b})` : `!${less}(${b}, ${a})`
}
