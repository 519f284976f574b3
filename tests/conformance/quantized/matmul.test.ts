import { describe } from 'vitest'
import type { DType } from '../../../src/ir/dtype.ts'
import { bytesOf, inlineTensor, int64Tensor } from '../../../src/ir/tensor.ts'
import type { Case, Draw } from './harness.ts'
import { integers } from './harness.ts'
import { against } from './table.ts'

// The reference is onnxruntime's CPU provider, graph optimizations off.
const types = ['uint8', 'int8'] as const
/** Shapes of A and B. */
const products = [[[5, 7], [7, 3]], [[2, 3, 9], [9, 4]], [[1, 33], [33, 17]], [[2, 1, 4, 8], [3, 8, 5]], [[4, 1], [1, 6]], [[64, 65], [65, 33]]] as const

describe('products of quantized matrices', () => {
  against('QGemm', (d, v) => {
    const a: DType = types[v % 2]!
    const b: DType = a === 'int8' ? 'int8' : types[(v >> 1) % 2]!
    const [m, n, k] = [1 + d.below(9), 1 + d.below(20), 1 + d.below(40)]
    const [transA, transB] = [d.below(2), d.below(2)]
    const many = d.below(2) === 1 && n > 1
    const [bScale, bZero] = d.grid(b, 0.002, 0.05, many ? [n] : [])
    const c = v % 3 === 0 ? undefined : d.integers('int32', d.one([[n], [1, n], [m, 1], [m, n], [1]]), [-3000, 3000])
    const result = v % 4 === 3 ? [] : d.grid(a, 0.05, 0.5)
    return {
      op: 'com.microsoft::QGemm',
      inputs: [d.integers(a, transA ? [k, m] : [m, k]), ...d.grid(a), d.integers(b, transB ? [n, k] : [k, n]), bScale, bZero, c, ...result],
      init: { transA, transB, alpha: { type: 'float', value: d.one([1, 0.37]) } },
      constants: v % 5 ? [3, 4, 5] : [],
    }
  }, { variants: 32, relative: 0 })
  against('MatMulIntegerToFloat', (d, v) => {
    const a: DType = types[v % 2]!
    const b: DType = a === 'int8' ? 'int8' : types[(v >> 1) % 2]!
    const [sa, sb] = products[v % products.length]!
    const n = sb.at(-1)!
    const [aScale, aZero] = d.grid(a)
    const [bScale, bZero] = d.grid(b, 0.002, 0.05, d.below(2) && sb.length === 2 ? [n] : [])
    return {
      op: 'com.microsoft::MatMulIntegerToFloat',
      inputs: [d.integers(a, sa), d.integers(b, sb), aScale, bScale, v % 5 === 4 ? undefined : aZero, v % 7 === 6 ? undefined : bZero, v % 3 ? d.floats([n]) : undefined],
      constants: v % 3 ? [1, 3, 5] : [],
    }
  }, { variants: 24, relative: 0 })
  against('DynamicQuantizeMatMul', (d, v) => {
    const b: DType = types[(v >> 1) % 2]!
    const [sa, sb] = products[v % products.length]!
    const n = sb.at(-1)!
    const [bScale, bZero] = d.grid(b, 0.002, 0.05, d.below(2) && sb.length === 2 ? [n] : [])
    return {
      op: 'com.microsoft::DynamicQuantizeMatMul',
      inputs: [d.floats(sa, d.one([-1, 0.2, -3]), d.one([-0.1, 2, 5])), d.integers(b, sb), bScale, v % 7 === 6 ? undefined : bZero, v % 3 ? d.floats([n]) : undefined],
      constants: v % 3 ? [1, 2, 3] : [],
    }
  }, { variants: 24, relative: 0 })
  against('MatMulInteger16', (d, v) => {
    const [sa, sb] = products[v % products.length]!
    return { op: 'com.microsoft::MatMulInteger16', inputs: [d.integers('int16', sa), d.integers('int16', sb)] }
  }, { variants: 6 })
})

describe('products with packed weights', () => {
  const nbits = (dtype: DType) => (d: Draw, v: number): Case => {
    const bits = [4, 8, 2][v % 3]!
    const block = d.one([16, 32, 64, 128])
    const [k, n] = [block * (1 + d.below(3)) - (v % 4 === 3 ? d.below(block - 1) : 0), 1 + d.below(20)]
    const blocks = Math.ceil(k / block)
    // onnxruntime takes 8 bits only when it can pack the weights before the run
    const packs = bits === 8
    const packedZeros = d.integers('uint8', [n, Math.ceil((blocks * bits) / 8)])
    const floatZeros = d.floats([n, blocks], 0, 2 ** bits - 1, dtype)
    // with g_idx onnxruntime 1.30 leaves packed zero points aside, against its own schema
    const grouped = v % 8 === 7 && bits === 4
    const zeros = (grouped ? [undefined, floatZeros] : packs ? [undefined, packedZeros] : [undefined, packedZeros, floatZeros]).at((v >> 1) % (grouped || packs ? 2 : 3))
    const groups = grouped ? integers('int32', Array.from({ length: k }, () => d.below(blocks))) : undefined
    return {
      op: 'com.microsoft::MatMulNBits',
      inputs: [d.floats([...d.one([[3], [2, 5], [1, 1]]), k], -1, 1, dtype), d.integers('uint8', [n, blocks, (block * bits) / 8]), d.floats(v % 5 ? [n, blocks] : [n * blocks], 0.01, 0.2, dtype), zeros, groups, v % 3 === 1 ? d.floats([n], -1, 1, dtype) : undefined],
      init: { K: k, N: n, bits, block_size: block },
      constants: packs || v % 4 ? [1, 2, 3, 4, 5] : [],
    }
  }
  against('MatMulNBits', nbits('float32'), { variants: 48, relative: 1e-5 })
  against('MatMulNBits of float16', nbits('float16'), { variants: 24, relative: 2e-3 })
  against('MatMulBnb4', (d, v) => {
    const block = d.one([16, 32, 64, 128, 256])
    const [k, n] = [block * (1 + d.below(3)), 1 + d.below(9)]
    return {
      op: 'com.microsoft::MatMulBnb4',
      inputs: [d.floats([...d.one([[3], [2, 5]]), k]), d.integers('uint8', [Math.ceil((k * n) / 2)]), d.floats([Math.ceil((k * n) / block)], 0.1, 2)],
      init: { K: k, N: n, block_size: block, quant_type: v % 2 },
      constants: v % 3 ? [1, 2] : [],
    }
  }, { variants: 16, relative: 1e-5 })
  against('MatMulFpQ4', (d, v) => {
    const [kind, block] = [[0, 1, 2][v % 3]!, 32]
    const [k, n] = [block * (1 + d.below(3)), 1 + d.below(9)]
    const blob: number[] = []
    for (let i = 0; i < (k / block) * n; i++) {
      const scale = new Uint8Array(Float32Array.of((d.unit() - 0.3) * 2 ** (d.below(20) - 10)).buffer)
      blob.push(...scale, ...(kind > 0 ? [d.below(16)] : []), ...Array.from({ length: block / 2 }, () => d.below(256)))
    }
    return { op: 'com.microsoft::MatMulFpQ4', inputs: [d.floats([...d.one([[3], [2, 5]]), k]), integers('uint8', blob), int64Tensor([k, n])], init: { blk_quant_type: kind }, constants: [1, 2] }
  }, { variants: 12, relative: 1e-5 })
  against('GatherBlockQuantized', (d, v) => {
    const dtype: DType = (['uint8', 'uint4', 'int4'] as const)[v % 3]!
    const bits = dtype === 'uint8' ? d.one([2, 4, 8]) : 4
    const block = d.one([16, 32])
    const rank = 2 + d.below(2)
    const quantize = dtype === 'uint8' ? rank - 1 : d.below(rank)
    const gather = dtype === 'uint8' ? 0 : d.below(rank)
    const packed = dtype === 'uint8' ? 8 / bits : 1
    const shape = Array.from({ length: rank }, (_, i) => (i === quantize ? (block * (1 + d.below(3))) / packed : 2 + 2 * d.below(3)))
    const blocks = Math.ceil((shape[quantize]! * packed) / block)
    const grain = (count: number) => shape.map((n, i) => (i === quantize ? count : n))
    const scaleType: DType = v % 4 === 3 ? 'float16' : 'float32'
    const indices = Array.from({ length: 6 }, () => d.below(2 * shape[gather]!) - shape[gather]!)
    const at = v % 2 ? int64Tensor(indices, [2, 3]) : inlineTensor('int32', [6], bytesOf(Int32Array.from(indices)))
    return {
      op: 'com.microsoft::GatherBlockQuantized',
      inputs: [d.integers(dtype, shape), at, d.floats(grain(blocks), 0.01, 0.2, scaleType), v % 5 < 2 ? undefined : d.integers(dtype, grain(Math.ceil(blocks / packed)))],
      init: { block_size: block, quantize_axis: quantize, gather_axis: gather, ...(dtype === 'uint8' && { bits }) },
      constants: v % 3 ? [0, 2, 3] : [0],
    }
  }, { variants: 36, relative: 0 })
})
