import type { DType } from '../../ir/dtype.ts'
import { decodeMinifloat, encodeMinifloat, type Minifloat } from '../../ir/minifloat.ts'
import * as scalar from '../js/scalar.ts'
import { f64, i32, i64, type Import, type ValueType } from './encode.ts'

const unary = ['exp', 'expm1', 'log', 'log1p', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh'] as const

const minifloats: readonly Minifloat[] = ['float16', 'bfloat16', 'float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2', 'float8e5m2fnuz', 'float8e8m0', 'float6e2m3', 'float6e3m2', 'float4e2m1']

/** The number by which printed code names a narrow float type. */
export const minifloatNumber = (dtype: DType): number => minifloats.indexOf(dtype as Minifloat)

type Host = (...args: never[]) => number | bigint
const table: readonly (readonly [name: string, params: readonly ValueType[], result: ValueType, f: Host])[] = [
  ...unary.map(name => [name, [f64], f64, Math[name]] as const),
  ['erf', [f64], f64, scalar.erf],
  ['pow', [f64, f64], f64, scalar.power],
  ['atan2', [f64, f64], f64, Math.atan2],
  ['rem', [f64, f64], f64, (a: number, b: number) => a % b],
  ['powInt', [i32, i32], i32, scalar.powerInt],
  ['pow64', [i64, i64], i64, scalar.power64],
  ['powUnsigned', [i64, i64], i64, (a: bigint, b: bigint) => scalar.power64(BigInt.asUintN(64, a), BigInt.asUintN(64, b))],
  ['decode', [i32, i32], f64, (type: number, bits: number) => decodeMinifloat(minifloats[type]!, bits)],
  ['encode', [i32, f64], i32, (type: number, value: number) => encodeMinifloat(minifloats[type]!, value)],
]

/** The host functions that every module imports, in this order. */
export const hostImports: readonly Import[] = table.map(([name, params, result]) => ({ name, params, results: [result] }))
export const hostIndex = (name: string): number => table.findIndex(row => row[0] === name)
export const hostFunctions: Readonly<Record<string, Host>> = Object.fromEntries(table.map(row => [row[0], row[3]]))
