import { describe, expect, it } from 'vitest'
import { bfloat16ToNumber, decodeMinifloat, encodeMinifloat, halfToNumber, type Minifloat, minifloatTable, numberToBfloat16, numberToHalf } from './minifloat.ts'

/** Bit patterns and values from the tables of IEEE 754-2019, the OCP FP8 and Microscaling specifications, and ONNX's page on float8. */
const known: readonly (readonly [Minifloat, number, number])[] = [
  ['float16', 0x3c00, 1], ['float16', 0xc000, -2], ['float16', 0x7bff, 65504], ['float16', 0x0400, 2 ** -14], ['float16', 0x0001, 2 ** -24], ['float16', 0x7c00, Infinity], ['float16', 0x8000, -0], ['float16', 0x3555, 0.333251953125],
  ['bfloat16', 0x3f80, 1], ['bfloat16', 0x7f7f, 3.3895313892515355e38], ['bfloat16', 0x0001, 2 ** -133], ['bfloat16', 0xff80, -Infinity],
  ['float8e4m3fn', 0x7e, 448], ['float8e4m3fn', 0x08, 2 ** -6], ['float8e4m3fn', 0x01, 2 ** -9], ['float8e4m3fn', 0x80, -0],
  ['float8e4m3fnuz', 0x7f, 240], ['float8e4m3fnuz', 0x01, 2 ** -10],
  ['float8e5m2', 0x7b, 57344], ['float8e5m2', 0x04, 2 ** -14], ['float8e5m2', 0x01, 2 ** -16], ['float8e5m2', 0x7c, Infinity],
  ['float8e5m2fnuz', 0x7f, 57344], ['float8e5m2fnuz', 0x01, 2 ** -17],
  ['float8e8m0', 127, 1], ['float8e8m0', 0, 2 ** -127], ['float8e8m0', 254, 2 ** 127],
  ['float6e2m3', 8, 1], ['float6e2m3', 48, -2], ['float6e2m3', 4, 0.5], ['float6e2m3', 31, 7.5], ['float6e2m3', 1, 0.125],
  ['float6e3m2', 12, 1], ['float6e3m2', 48, -2], ['float6e3m2', 8, 0.5], ['float6e3m2', 31, 28], ['float6e3m2', 1, 0.0625],
  ['float4e2m1', 1, 0.5], ['float4e2m1', 7, 6], ['float4e2m1', 12, -2],
]

describe('narrow floats', () => {
  it.each(known)('%s %i is %d', (type, bits, value) => {
    expect(decodeMinifloat(type, bits)).toBe(value)
    expect(encodeMinifloat(type, value)).toBe(bits)
  })
  const types: Minifloat[] = ['float16', 'bfloat16', 'float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2', 'float8e5m2fnuz', 'float8e8m0', 'float4e2m1', 'float6e2m3', 'float6e3m2']
  it.each(types)('%s: every number comes back, and what lies halfway goes to the even neighbour', type => {
    const values = minifloatTable(type)
    for (let bits = 0; bits < values.length; bits++) {
      const v = values[bits]!
      if (Number.isNaN(v)) continue
      expect(encodeMinifloat(type, v)).toBe(bits)
      const next = values[bits + 1]
      if (type === 'float8e8m0' || next === undefined || !(Math.abs(next) > Math.abs(v)) || !Number.isFinite(next)) continue
      const middle = (v + next) / 2
      const even = bits % 2 === 0 ? bits : bits + 1
      expect(encodeMinifloat(type, middle)).toBe(even)
      expect(encodeMinifloat(type, v + (middle - v) / 2)).toBe(bits)
    }
  })
  it('overflow is infinity, NaN or the largest, as the type has it', () => {
    expect(types.slice(0, 6).map(t => decodeMinifloat(t, encodeMinifloat(t, 1e39)))).toEqual([Infinity, Infinity, NaN, NaN, Infinity, NaN])
    expect(decodeMinifloat('float4e2m1', encodeMinifloat('float4e2m1', -100))).toBe(-6)
    expect([65519, 65520].map(numberToHalf)).toEqual([0x7bff, 0x7c00])
    expect(types.slice(0, 7).every(t => Number.isNaN(decodeMinifloat(t, encodeMinifloat(t, NaN))))).toBe(true)
  })
  it('bfloat16 is the upper half of float32', () => {
    for (const v of [1, -3.25, 1e30, 2 ** -130]) expect(bfloat16ToNumber(numberToBfloat16(v))).toBe(bfloat16ToNumber(new Uint16Array(Float32Array.of(bfloat16ToNumber(numberToBfloat16(v))).buffer)[1]!))
    expect(halfToNumber(numberToHalf(1 / 3))).toBe(0.333251953125)
  })
})
