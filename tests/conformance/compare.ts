import type { DType } from '../../src/ir/dtype.ts'
import { kindOf } from '../../src/ir/dtype.ts'
import { isSubByte, unpackSubByte } from '../../src/ir/subbyte.ts'
import type { Datum, Dictionary, Tensor } from '../../src/ir/tensor.ts'
import { bfloat16ToNumber, halfToNumber, isDictionary, isTensor, viewOf } from '../../src/ir/tensor.ts'
import { elementCount } from '../../src/ir/types.ts'
import { takeAlong } from '../../src/ops/kit/host.ts'

/** Bits of exponent and fraction, bias, and which patterns are special, of the small floats (OCP MX and 8-bit float specifications). */
const small: Partial<Record<DType, { e: number; m: number; bias: number; nan: (bits: number) => boolean; inf?: number }>> = {
  float8e4m3fn: { e: 4, m: 3, bias: 7, nan: b => (b & 127) === 127 },
  float8e4m3fnuz: { e: 4, m: 3, bias: 8, nan: b => b === 128 },
  float8e5m2: { e: 5, m: 2, bias: 15, nan: b => (b & 127) > 124, inf: 124 },
  float8e5m2fnuz: { e: 5, m: 2, bias: 16, nan: b => b === 128 },
  float4e2m1: { e: 2, m: 1, bias: 1, nan: () => false },
  float6e2m3: { e: 2, m: 3, bias: 1, nan: () => false },
  float6e3m2: { e: 3, m: 2, bias: 3, nan: () => false },
}

function smallFloat(dtype: DType, bits: number): number {
  if (dtype === 'float8e8m0') return bits === 255 ? NaN : 2 ** (bits - 127)
  const { e, m, bias, nan, inf } = small[dtype]!
  if (nan(bits)) return NaN
  const sign = (bits >> (e + m)) & 1 ? -1 : 1
  if ((bits & ((1 << (e + m)) - 1)) === inf) return sign * Infinity
  const exponent = (bits >> m) & ((1 << e) - 1)
  const fraction = (bits & ((1 << m) - 1)) / (1 << m)
  return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias))
}

/** The elements of a float or complex tensor as numbers. */
export function floatsOf(tensor: Tensor): number[] {
  const bytes = tensor.peek()!
  const { dtype } = tensor
  if (dtype === 'float16') return Array.from(viewOf(dtype, bytes) as Uint16Array, halfToNumber)
  if (dtype === 'bfloat16') return Array.from(viewOf(dtype, bytes) as Uint16Array, bfloat16ToNumber)
  if (dtype.startsWith('float8')) return Array.from(bytes, b => smallFloat(dtype, b))
  if (isSubByte(dtype)) return Array.from(unpackSubByte(dtype, bytes, elementCount(tensor.shape)), b => smallFloat(dtype, b))
  return Array.from(viewOf(dtype, bytes) as Float32Array)
}

function compareTensors(actual: Tensor, expected: Tensor, rtol: number, atol: number): string | undefined {
  if (actual.dtype !== expected.dtype) return `dtype ${actual.dtype}, not ${expected.dtype}`
  if (actual.shape.join() !== expected.shape.join()) return `shape [${actual.shape.join()}], not [${expected.shape.join()}]`
  if (expected.strings) {
    const at = expected.strings.findIndex((s, i) => s !== actual.strings?.[i])
    return at < 0 ? undefined : `element ${at} is ${JSON.stringify(actual.strings?.[at])}, not ${JSON.stringify(expected.strings[at])}`
  }
  if (kindOf(expected.dtype) !== 'float' && kindOf(expected.dtype) !== 'complex') {
    const [a, b] = [viewOf(actual.dtype, actual.peek()!), viewOf(expected.dtype, expected.peek()!)]
    const at = Array.from(b as ArrayLike<number | bigint>).findIndex((x, i) => x !== a[i])
    return at < 0 ? undefined : `element ${at} is ${a[at]}, not ${b[at]}`
  }
  const [a, b] = [floatsOf(actual), floatsOf(expected)]
  const wrong = b.flatMap((x, i) => (close(a[i]!, x, rtol, atol) ? [] : [i]))
  return wrong.length === 0 ? undefined : `${wrong.length} of ${b.length} elements differ: element ${wrong[0]} is ${a[wrong[0]!]}, not ${b[wrong[0]!]}`
}

/** numpy.testing.assert_allclose's rule: |actual - expected| <= atol + rtol * |expected|, NaN equal to NaN. */
const close = (a: number, b: number, rtol: number, atol: number): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b)) || Math.abs(a - b) <= (Number.isFinite(b) ? atol + rtol * Math.abs(b) : -1)

/** Maps have no order. */
function compareDictionaries(actual: Dictionary, expected: Dictionary, rtol: number, atol: number): string | undefined {
  const ordered = ({ keys, values }: Dictionary): Dictionary => {
    const names = Array.from(keys.strings ?? (viewOf(keys.dtype, keys.peek()!) as ArrayLike<number | bigint>), String)
    const places = [...names.keys()].sort((p, q) => (names[p]! < names[q]! ? -1 : 1))
    return { keys: takeAlong(keys, 0, places), values: takeAlong(values, 0, places) }
  }
  const [a, b] = [ordered(actual), ordered(expected)]
  return compareTensors(a.keys, b.keys, 0, 0) ?? compareTensors(a.values, b.values, rtol, atol)
}

/** What differs, or undefined. Integers, bools and strings must be equal, floats close. */
export function compareData(actual: Datum | undefined, expected: Datum, rtol: number, atol: number): string | undefined {
  if (actual === undefined) return 'missing'
  if (expected === null || actual === null) return expected === actual ? undefined : 'one holds nothing'
  if (isTensor(expected)) return isTensor(actual) ? compareTensors(actual, expected, rtol, atol) : 'no tensor'
  if (isTensor(actual)) return 'a tensor'
  if (isDictionary(expected)) return isDictionary(actual) ? compareDictionaries(actual, expected, rtol, atol) : 'no map'
  if (isDictionary(actual)) return 'a map'
  const [a, b] = [actual as readonly Datum[], expected as readonly Datum[]]
  if (a.length !== b.length) return `${a.length} elements, not ${b.length}`
  for (const [i, x] of b.entries()) {
    const found = compareData(a[i], x, rtol, atol)
    if (found) return `[${i}]: ${found}`
  }
  return undefined
}
