import { describe, expect, it } from 'vitest'
import type { BinaryOp, Scalar, UnaryOp } from '../../../src/expr/expr.ts'
import { input } from '../../../src/expr/expr.ts'
import type { Statement, Term } from '../../../src/expr/loop.ts'
import type { DType } from '../../../src/ir/dtype.ts'
import { dtypes } from '../../../src/ir/dtype.ts'
import { declarationsFor } from './library.ts'
import { floatText, printStatements } from './print.ts'
import { deviceBytes, storageOf } from './storage.ts'

const access = { load: (_: unknown, i: string) => `m[${i}]`, store: (_: unknown, i: string, v: string) => `m[${i}] = ${v};\n` }
const buffer = input([1], 'float32')
const zero: Term = { kind: 'const', type: 'int', value: 0 }
const local = (id: number, type: Scalar): Term => ({ kind: 'local', type, local: { id, type } })
const print = (value: Term): string => printStatements([{ kind: 'store', buffer, index: zero, value } satisfies Statement], access)

const numbers: readonly Scalar[] = ['int', 'long', 'ulong', 'float', 'double']
const unaries: readonly UnaryOp[] = ['neg', 'abs', 'sign', 'sqrt', 'exp', 'expm1', 'log', 'log1p', 'erf', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh', 'floor', 'ceil', 'trunc', 'round', 'isnan', 'isinf', 'fround']
const binaries: readonly BinaryOp[] = ['add', 'sub', 'mul', 'div', 'rem', 'min', 'max', 'pow', 'lt', 'le', 'eq', 'ne']
const ofIntegers: readonly BinaryOp[] = ['floordiv', 'floormod', 'and', 'or', 'xor', 'shl', 'shr']

/** Names that WGSL has by itself (its section 17), as far as printed code uses them. */
const builtin = new Set(
  'abs all any array atan2 bitcast bool ceil clamp const countLeadingZeros else f32 false floor fn for i32 if infinityBits let max min private return round select sign sqrt struct true trunc u32 var vec2 vec4 while xor m'.split(' '),
)
/** What is called, and not declared. */
function unknownIn(code: string): string[] {
  const text = `${declarationsFor(code)}\n${code}`
  const declared = new Set([...text.matchAll(/\b(?:fn|const|struct|var<private>)\s+(\w+)/g)].map(([, name]) => name!))
  return [...text.matchAll(/\b([A-Za-z_]\w*)\s*\(/g)].map(([, name]) => name!).filter(name => !builtin.has(name) && !declared.has(name))
}

describe('printed WGSL', () => {
  it('calls functions that the library has', () => {
    const terms: Term[] = []
    for (const type of numbers) {
      const float = type === 'float' || type === 'double'
      const [a, b] = [local(1, type), local(2, type)]
      for (const op of float ? unaries : ['neg', 'abs', 'sign', 'not', 'floor', 'isnan'] as const) terms.push({ kind: 'unary', type: op === 'isnan' || op === 'isinf' ? 'bool' : type, op, a })
      for (const op of float ? [...binaries, 'atan2' as const] : [...binaries, ...ofIntegers]) terms.push({ kind: 'binary', type, op, a, b })
      for (const to of ['bool', ...numbers] as const) if (to !== type) terms.push({ kind: 'cast', type: to, a })
    }
    const code = terms.map(print).join('')
    expect(unknownIn(code)).toEqual([])
    expect(declarationsFor(code)).toMatch(/fn powFloat[^]*fn longFloorMod|fn longFloorMod[^]*fn powFloat/)
  })
  it('stores and loads by functions that the library has', () => {
    const code = dtypes.flatMap(d => {
      const s = storageOf(d)
      return s ? [s.load('bits'), s.store('value')] : []
    })
    expect(unknownIn(code.join(';\n'))).toEqual([])
  })
  it('says floats as WGSL can', () => {
    expect([1, -2.5, 1e21, NaN, Infinity, -Infinity, -0, 1e300].map(floatText)).toEqual(['1.0', '(-2.5f)', '1.0000000200408773e+21f', 'nan()', 'infinity()', '(-infinity())', 'bitcast<f32>(0x80000000u)', 'infinity()'])
  })
  it('reckons with literals itself', () => {
    const c = (value: number): Term => ({ kind: 'const', type: 'float', value })
    expect(print({ kind: 'binary', type: 'float', op: 'mul', a: c(3e38), b: c(10) })).toBe('m[0] = infinity();\n')
    expect(print({ kind: 'binary', type: 'float', op: 'div', a: c(1), b: c(0) })).toBe('m[0] = infinity();\n')
  })
})

describe('storage', () => {
  it('takes whole words', () => {
    const bytes: [DType, number, number][] = [['int8', 5, 8], ['float16', 3, 8], ['int64', 3, 24], ['float32', 3, 12], ['int4', 5, 8], ['float8e4m3fn', 4, 4], ['bool', 0, 0]]
    for (const [dtype, count, taken] of bytes) expect(deviceBytes(dtype, count)).toBe(taken)
  })
  it('there is none for strings and complex numbers', () => expect(['string', 'complex64', 'complex128'].map(d => storageOf(d as DType))).toEqual([undefined, undefined, undefined]))
})
