import type { BinaryOp, Buffer, Scalar, UnaryOp } from '../expr.ts'
import type { DType } from '../../ir/dtype.ts'
import { isMinifloat } from '../../ir/minifloat.ts'
import type { Local, Statement, Term } from '../loop.ts'

/** How printed code calls the array of a buffer. */
export type NameOf = (buffer: Buffer) => string

const nameOf = (local: Local): string => `${local.type[0]}${local.id}`
const isBig = (t: Scalar): boolean => t === 'long' || t === 'ulong'
const isFloat = (t: Scalar): boolean => t === 'float' || t === 'double'
const wrap = (t: Scalar, text: string): string => (t === 'long' ? `BigInt.asIntN(64,${text})` : t === 'ulong' ? `BigInt.asUintN(64,${text})` : t === 'int' ? `(${text}|0)` : `(${text})`)

function constText(value: number | bigint, type: Scalar): string {
  if (type === 'bool') return value ? 'true' : 'false'
  if (isBig(type)) return value < 0 ? `(${value}n)` : `${value}n`
  if (value === Infinity) return 'Infinity'
  if (value === -Infinity) return '(-Infinity)'
  return Object.is(value, -0) ? '(-0)' : value < 0 ? `(${value})` : String(value)
}

/** Prints statements of exact precision: `float` and `double` are doubles, `long` and `ulong` BigInts, bools 0 and 1. */
export function printStatements(statements: readonly Statement[], array: NameOf): string {
  const term = (t: Term): string => printTerm(t, array)
  return statements
    .map(s => {
      switch (s.kind) {
        case 'let': return `const ${nameOf(s.local)}=${term(s.value)}\n`
        case 'var': return `let ${nameOf(s.local)}=${term(s.value)}\n`
        case 'set': return `${nameOf(s.local)}=${term(s.value)}\n`
        case 'store': return `${array(s.buffer)}[${term(s.index)}]=${stored(s.buffer.dtype, term(s.value))}\n`
        case 'if': {
          const otherwise = s.otherwise.length ? `else{\n${printStatements(s.otherwise, array)}}` : ''
          return `if(${term(s.condition)}){\n${printStatements(s.body, array)}}${otherwise}\n`
        }
        case 'for': {
          const i = nameOf(s.local)
          const to = s.to.kind === 'const' ? term(s.to) : `${i}e`
          const end = s.to.kind === 'const' ? '' : `,${to}=${term(s.to)}`
          return `for(let ${i}=${term(s.from)}${end};${i}<${to};${i}++){\n${printStatements(s.body, array)}}\n`
        }
      }
    })
    .join('')
}

function printTerm(t: Term, array: NameOf): string {
  switch (t.kind) {
    case 'const': return constText(t.value, t.type)
    case 'local': return nameOf(t.local)
    case 'load': return loaded(t.buffer.dtype, `${array(t.buffer)}[${printTerm(t.index, array)}]`)
    case 'select': return `(${printTerm(t.condition, array)}?${printTerm(t.a, array)}:${printTerm(t.b, array)})`
    case 'cast': return castText(printTerm(t.a, array), t.a.type, t.type)
    case 'unary': return unaryText(t.op, printTerm(t.a, array), t.a.type)
    case 'binary': return binaryText(t.op, printTerm(t.a, array), printTerm(t.b, array), t.a.type, t.b)
  }
}

function loaded(dtype: DType, element: string): string {
  if (isMinifloat(dtype)) return `${dtype}[${element}]`
  switch (dtype) {
    case 'uint32': return `BigInt(${element})`
    case 'int4': return `(${element}<<28>>28)`
    case 'uint4': return `(${element}&15)`
    case 'int2': return `(${element}<<30>>30)`
    case 'uint2': return `(${element}&3)`
    case 'bool': return `(${element}!==0)`
    default: return element
  }
}

function stored(dtype: DType, value: string): string {
  if (isMinifloat(dtype)) return `encode(${JSON.stringify(dtype)},${value})`
  switch (dtype) {
    case 'uint32': return `Number(BigInt.asUintN(32,${value}))`
    case 'int4': return `${value}<<28>>28`
    case 'uint4': return `${value}&15`
    case 'int2': return `${value}<<30>>30`
    case 'uint2': return `${value}&3`
    case 'bool': return `${value}?1:0`
    default: return value
  }
}

function castText(a: string, from: Scalar, to: Scalar): string {
  if (to === 'bool') return isBig(from) ? `(${a}!==0n)` : `(${a}!==0)`
  if (from === 'bool') return isBig(to) ? `BigInt(${a})` : `(${a}?1:0)`
  if (isFloat(from)) return isFloat(to) ? a : to === 'int' ? `h.toInt(${a})` : to === 'long' ? `h.toLong(${a})` : `h.toUlong(${a})`
  if (isFloat(to)) return isBig(from) ? `Number(${a})` : a
  if (to === 'int') return `Number(BigInt.asIntN(32,${a}))`
  return from === 'int' ? wrap(to, `BigInt(${a})`) : wrap(to, a)
}

const sameName = new Set<UnaryOp>(['sqrt', 'exp', 'expm1', 'log', 'log1p', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh', 'floor', 'ceil', 'trunc', 'fround', 'abs', 'sign'])

function unaryText(op: UnaryOp, a: string, type: Scalar): string {
  if (op === 'isnan') return isFloat(type) ? `((${a})!==(${a}))` : 'false'
  if (op === 'isinf') return isFloat(type) ? `(Math.abs(${a})===Infinity)` : 'false'
  if (isFloat(type)) {
    if (op === 'neg') return `(-${a})`
    if (op === 'erf') return `h.erf(${a})`
    if (op === 'round') return `h.roundEven(${a})`
    if (sameName.has(op)) return `Math.${op}(${a})`
  } else if (op === 'floor' || op === 'ceil' || op === 'trunc' || op === 'round') return a
  else if (type === 'bool') {
    if (op === 'not') return `!${a}`
  } else if (isBig(type)) {
    if (op === 'not') return wrap(type, `~${a}`)
    if (op === 'neg') return wrap(type, `-${a}`)
    if (op === 'abs') return wrap(type, `h.absolute64(${a})`)
    if (op === 'sign') return `h.sign64(${a})`
  } else {
    if (op === 'not') return `(~${a})`
    if (op === 'neg') return `(-${a}|0)`
    if (op === 'abs' || op === 'sign') return `(Math.${op}(${a})|0)`
  }
  throw new TypeError(`${op} of ${type}`)
}

const symbols = { add: '+', sub: '-', mul: '*', div: '/', rem: '%', and: '&', or: '|', xor: '^', lt: '<', le: '<=', eq: '===', ne: '!==' } as const

function binaryText(op: BinaryOp, a: string, b: string, type: Scalar, right: Term): string {
  const plain = (symbol: string): string => `(${a}${symbol}${b})`
  if (op === 'lt' || op === 'le' || op === 'eq' || op === 'ne') return plain(symbols[op])
  if (type === 'bool') {
    if (op === 'and' || op === 'or') return plain(op === 'and' ? '&&' : '||')
    if (op === 'xor') return plain('!==')
    if (op === 'max' || op === 'min') return plain(op === 'max' ? '||' : '&&')
  } else if (isFloat(type)) {
    if (op === 'add' || op === 'sub' || op === 'mul' || op === 'div' || op === 'rem') return plain(symbols[op])
    if (op === 'min' || op === 'max' || op === 'atan2') return `Math.${op}(${a},${b})`
    if (op === 'pow') return `h.power(${a},${b})`
  } else if (isBig(type)) {
    switch (op) {
      case 'add': case 'sub': case 'mul': case 'and': case 'or': case 'xor': return wrap(type, plain(symbols[op]))
      case 'div': return wrap(type, `h.divide64(${a},${b})`)
      case 'rem': return `h.remainder64(${a},${b})`
      case 'floordiv': return wrap(type, `h.floorDivide64(${a},${b})`)
      case 'floormod': return `h.floorMod64(${a},${b})`
      case 'min': return `h.least64(${a},${b})`
      case 'max': return `h.greatest64(${a},${b})`
      case 'pow': return wrap(type, `h.power64(${a},${b})`)
      case 'shl': return wrap(type, `h.shiftLeft64(${a},${b})`)
      case 'shr': return `h.shiftRight64(${a},${b})`
    }
  } else {
    const divisor = right.kind === 'const' ? Number(right.value) : 0
    const twoPower = divisor > 0 && Number.isInteger(Math.log2(divisor))
    switch (op) {
      case 'add': case 'sub': return `(${a}${symbols[op]}${b}|0)`
      case 'and': case 'or': case 'xor': return plain(symbols[op])
      case 'mul': return `Math.imul(${a},${b})`
      case 'div': return divisor > 0 ? `(${a}/${b}|0)` : `h.divide(${a},${b})`
      case 'rem': return `(${a}%${b}|0)`
      case 'floordiv': return twoPower ? `(${a}>>${Math.log2(divisor)})` : `(Math.floor(${a}/${b})|0)`
      case 'floormod': return twoPower ? `(${a}&${divisor - 1})` : `h.floorMod(${a},${b})`
      case 'min': case 'max': return `Math.${op}(${a},${b})`
      case 'pow': return `h.powerInt(${a},${b})`
      case 'shl': return `h.shiftLeft(${a},${b})`
      case 'shr': return `h.shiftRight(${a},${b})`
    }
  }
  throw new TypeError(`${op} of ${type}`)
}
