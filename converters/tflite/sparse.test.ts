import { describe, expect, it } from 'vitest'
import type { SparsityParameters } from '../../proto/tflite.gen.ts'
import { nowhere } from '../../src/diag/origin.ts'
import type { DType } from '../../src/ir/dtype.ts'
import type { TypedArray } from '../../src/ir/tensor.ts'
import { bytesOf, inlineTensor, viewOf } from '../../src/ir/tensor.ts'
import { densified, sparseFormOf } from './sparse.ts'

const ints = (values: readonly number[]) => ({ type: 'Int32Vector', value: { values } }) as const
const bytes = (values: readonly number[]) => ({ type: 'Uint8Vector', value: { values: Uint8Array.from(values) } }) as const
const dense = (size: number) => ({ dense_size: size })
const rows = (segments: readonly number[], indices: readonly number[]) => ({ format: 'SPARSE_CSR', array_segments: ints(segments), array_indices: bytes(indices) }) as const

async function fill(shape: readonly number[], sparsity: SparsityParameters, values: readonly number[], dtype: DType = 'float32', array: TypedArray = Float32Array.from(values)): Promise<number[]> {
  const tensor = densified(dtype, shape, sparsity, count => inlineTensor(dtype, [count], bytesOf(array)), 'w', nowhere)!
  expect(sparseFormOf(tensor)!.sparsity).toBe(sparsity)
  return [...(viewOf(dtype, await tensor.load()) as Float32Array)]
}

// the matrices of TensorFlow's tests of the format (tensorflow/lite/kernels/internal/utils/sparsity_format_converter_test.cc)
describe('sparse weights', () => {
  it('stand by rows', async () => {
    const sparsity: SparsityParameters = { traversal_order: [0, 1], dim_metadata: [dense(3), rows([0, 3, 3, 5], [0, 2, 3, 0, 3])] }
    expect(await fill([3, 4], sparsity, [6, 9, 8, 5, 7])).toEqual([6, 0, 9, 8, 0, 0, 0, 0, 5, 0, 0, 7])
    expect(await fill([3, 4], sparsity, [], 'int8', Int8Array.of(6, 9, 8, 5, 7))).toEqual([6, 0, 9, 8, 0, 0, 0, 0, 5, 0, 0, 7])
  })

  it('stand by columns, and dense', async () => {
    expect(await fill([3, 4], { traversal_order: [1, 0], dim_metadata: [dense(4), rows([0, 2, 2, 3, 5], [0, 2, 0, 0, 2])] }, [6, 5, 9, 8, 7])).toEqual([6, 0, 9, 8, 0, 0, 0, 0, 5, 0, 0, 7])
    expect(await fill([2, 2], { traversal_order: [1, 0], dim_metadata: [dense(2), dense(2)] }, [1, 2, 3, 4])).toEqual([1, 3, 2, 4])
  })

  it('stand in blocks, along both axes or one', async () => {
    const both: SparsityParameters = { traversal_order: [0, 1, 2, 3], block_map: [0, 1], dim_metadata: [dense(2), rows([0, 2, 3], [0, 1, 1]), dense(2), dense(2)] }
    const matrix = [1, 0, 2, 3, 0, 4, 0, 0, 0, 0, 5, 0, 0, 0, 0, 6]
    expect(await fill([4, 4], both, [1, 0, 0, 4, 2, 3, 0, 0, 5, 0, 0, 6])).toEqual(matrix)
    expect(await fill([4, 4], { ...both, traversal_order: [0, 1, 3, 2] }, [1, 0, 0, 4, 2, 0, 3, 0, 5, 0, 0, 6])).toEqual(matrix)
    const one: SparsityParameters = { traversal_order: [0, 1, 2], block_map: [1], dim_metadata: [dense(4), rows([0, 2, 3, 4, 5], [0, 1, 0, 1, 1]), dense(2)] }
    expect(await fill([4, 4], one, [1, 0, 2, 3, 0, 4, 5, 0, 0, 6])).toEqual(matrix)
  })

  it('that do not fit are refused', () => {
    const good: SparsityParameters = { traversal_order: [0, 1], dim_metadata: [dense(3), rows([0, 3, 3, 5], [0, 2, 3, 0, 3])] }
    const cases: readonly (readonly [readonly number[], SparsityParameters])[] = [
      [[3, 4], {}],
      [[3, 4], { ...good, traversal_order: [0, 0] }],
      [[3, 4], { ...good, traversal_order: [0, 2] }],
      [[3, 4], { ...good, block_map: [0] }],
      [[2, 4], good],
      [[3, 3], good],
      [[3, 4], { ...good, dim_metadata: [dense(3), rows([0, 3, 2, 5], [0, 2, 3, 0, 3])] }],
      [[3, 4], { ...good, dim_metadata: [dense(3), rows([0, 3, 3, 6], [0, 2, 3, 0, 3])] }],
      [[3, 4], { ...good, dim_metadata: [dense(3), rows([0, 5], [0, 2, 3, 0, 3])] }],
      [[3, 5], { traversal_order: [0, 1, 2], block_map: [1], dim_metadata: [dense(3), dense(2), dense(2)] }],
      [[3, 4], { traversal_order: [0, 1, 2], block_map: [1], dim_metadata: [dense(3), dense(2), rows([0, 1, 1, 1, 1, 1, 1], [0])] }],
      [[2 ** 20, 2 ** 20], { traversal_order: [0, 1], dim_metadata: [rows([0, 1], [0]), rows([0, 1], [0])] }],
    ]
    for (const [shape, sparsity] of cases) {
      expect(() => densified('float32', shape, sparsity, count => inlineTensor('float32', [count], new Uint8Array(4 * count)), 'w', nowhere)).toThrow(expect.objectContaining({ code: 'tflite.import.tensor' }))
    }
    expect(() => densified('int4', [2, 2], { traversal_order: [0, 1], dim_metadata: [dense(2), dense(2)] }, () => undefined, 'w', nowhere)).toThrow(expect.objectContaining({ code: 'tflite.import.tensor' }))
  })
})
