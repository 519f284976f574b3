import { describe, expect, it } from 'vitest'
import { bytesOf, float32Tensor, inlineTensor, stringTensor, viewOf } from '../../ir/tensor.ts'
import { elementsOf, tensorOfElements } from './elements.ts'
import { decodeMinifloat, encodeMinifloat } from '../../ir/minifloat.ts'
import { encodePower } from './minifloat.ts'
import { whereOnHost } from './strings.ts'

const usual = { saturate: true, rounding: 'up' } as const

describe('small floats', () => {
  it.each(['float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2', 'float8e5m2fnuz', 'float4e2m1'] as const)('%s: every code is the code of its value', dtype => {
    for (let code = 0; code < (dtype === 'float4e2m1' ? 16 : 256); code++) {
      const value = decodeMinifloat(dtype, code)
      if (!Number.isNaN(value)) expect(encodeMinifloat(dtype, value, false)).toBe(code)
    }
  })
  // values by ml_dtypes 0.5
  it.each([
    ['float8e4m3fn', 464, true, 448], ['float8e4m3fn', 465, false, NaN], ['float8e4m3fn', 464, false, 448],
    ['float8e4m3fn', 2 ** -10, true, 0], ['float8e4m3fn', 3 * 2 ** -11, true, 2 ** -9], ['float8e4m3fnuz', 249, false, NaN], ['float8e4m3fnuz', -Infinity, true, -240],
    ['float8e5m2', 61440, false, Infinity], ['float8e5m2', 61439, false, 57344], ['float8e5m2', Infinity, true, 57344],
    ['float4e2m1', 2.5, true, 2], ['float4e2m1', 5, true, 4], ['float4e2m1', 1e6, false, 6], ['float4e2m1', NaN, true, -0],
  ] as const)('%s of %d (saturate %s) is %d', (dtype, value, saturate, expected) => {
    expect(decodeMinifloat(dtype, encodeMinifloat(dtype, value, saturate))).toBe(expected)
  })
  it('rounds powers of two as the MX specification and ONNX say', () => {
    const power = (...args: Parameters<typeof encodePower>): number => decodeMinifloat('float8e8m0', encodePower(...args))
    expect([power(1.1, true, 'up'), power(1.9, true, 'down'), power(1.5, true, 'nearest'), power(1.49, true, 'nearest')]).toEqual([2, 1, 2, 1])
    expect([power(0, true, 'up'), power(Infinity, true, 'up'), power(0, false, 'nearest'), power(Infinity, false, 'nearest')]).toEqual([2 ** -127, 2 ** 127, NaN, NaN])
  })
})

describe('texts', () => {
  it('have the digits that numpy 2 prints, and the form that onnxruntime 1.30 gives them', () => {
    const x = float32Tensor([0.1, 1, 1e-5, 1e20, 314.15926, -0, 123456789, Infinity, -Infinity, NaN, 1e-7, 16777216, 1e15, 0.6048455])
    expect(tensorOfElements('string', x.shape, elementsOf(x), 'float32', usual).strings).toEqual(
      ['0.1', '1', '1e-05', '1e+20', '314.15927', '-0', '1.2345679e+08', 'INF', '-INF', 'NaN', '1e-07', '16777216', '1e+15', '0.6048455'],
    )
    expect(tensorOfElements('string', [4], [0.1, 1 / 3, 1e22, 314.1592653589793], 'float64', usual).strings).toEqual(['0.1', '0.3333333333333333', '1e+22', '314.1592653589793'])
    expect(tensorOfElements('string', [2], [0.333251953125, 1000], 'float16', usual).strings).toEqual(['0.3333', '1000'])
  })
  it('are read as numbers, with ONNX\'s special ones', () => {
    const x = stringTensor([6], ['1e3', '-INF', 'nan', '+inf', '0.5', '12'])
    expect(elementsOf(tensorOfElements('float32', [6], elementsOf(x), 'string', usual))).toEqual([1000, -Infinity, NaN, Infinity, 0.5, 12])
    expect(elementsOf(tensorOfElements('int64', [2], ['9007199254740993', '-7'], 'string', usual))).toEqual([9007199254740993n, -7n])
  })
  it('wrap integers into narrow ones', () => {
    expect(elementsOf(tensorOfElements('int4', [3], [7, 8, -9], 'int32', usual))).toEqual([7, -8, 7])
    expect(elementsOf(tensorOfElements('uint8', [2], [300, -1], 'int32', usual))).toEqual([44, 255])
  })
})

describe('choosing on the host', () => {
  it('takes strings and complex numbers, broadcast', () => {
    const condition = inlineTensor('bool', [2, 1], Uint8Array.of(1, 0))
    const [a, b] = [stringTensor([2], ['a', 'b']), stringTensor([], ['z'])]
    expect(whereOnHost(condition, a, b).strings).toEqual(['a', 'b', 'z', 'z'])
    const complex = (...parts: number[]) => inlineTensor('complex64', [parts.length / 2], bytesOf(Float32Array.from(parts)))
    expect([...viewOf('complex64', whereOnHost(condition, complex(1, 2), complex(3, 4)).peek()!)]).toEqual([1, 2, 3, 4])
  })
})
