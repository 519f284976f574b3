import { describe, expect, it } from 'vitest'
import { isSubByte, packSubByte, unpackSubByte } from './subbyte.ts'

// expected bytes by hand from ONNX's rule: the first element takes the low bits
describe('sub-byte elements', () => {
  it('packs four-bit integers, the first in the low half', () => {
    expect([...packSubByte('int4', Uint8Array.of(1, 0xf8, 7))]).toEqual([0x81, 0x07])
    expect([...unpackSubByte('int4', Uint8Array.of(0x81, 0x07), 3)]).toEqual([1, 0xf8, 7])
    expect([...unpackSubByte('uint4', Uint8Array.of(0x81, 0x07), 3)]).toEqual([1, 8, 7])
  })
  it('packs two-bit integers four to a byte', () => {
    expect([...packSubByte('int2', Uint8Array.of(1, 0xfe, 0, 0xff, 1))]).toEqual([0b11001001, 0b01])
    expect([...unpackSubByte('int2', Uint8Array.of(0b11001001, 0b01), 5)]).toEqual([1, 0xfe, 0, 0xff, 1])
    expect([...unpackSubByte('uint2', Uint8Array.of(0b11001001, 0b01), 5)]).toEqual([1, 2, 0, 3, 1])
  })
  it('packs six-bit floats four to three bytes', () => {
    // the bytes that onnx.numpy_helper.from_array writes
    expect([...packSubByte('float6e2m3', Uint8Array.of(8, 48, 4, 31, 20))]).toEqual([8, 76, 124, 20])
    expect([...unpackSubByte('float6e2m3', Uint8Array.of(8, 76, 124, 20), 5)]).toEqual([8, 48, 4, 31, 20])
  })
  it('knows which dtypes are packed', () => {
    expect((['float4e2m1', 'int2', 'uint4', 'int8', 'bool', 'string'] as const).map(isSubByte)).toEqual([true, true, true, false, false, false])
  })
})
