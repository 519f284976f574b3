import { describe, expect, it } from 'vitest'
import { webgpuExecutor } from '../../executors/webgpu/index.ts'
import { leastProfile } from '../../executors/webgpu/profile.ts'
import { TopK } from '../../executors/webgpu/operators/TopK.ts'
import type { DType } from '../../src/ir/dtype.ts'
import { Graph, Model } from '../../src/ir/model.ts'
import { Names } from '../../src/ir/names.ts'
import type { Tensor, TypedArray } from '../../src/ir/tensor.ts'
import { bytesOf, inlineTensor, int64Tensor, isTensor } from '../../src/ir/tensor.ts'
import { elementCount } from '../../src/ir/types.ts'
import { Builder } from '../../src/ops/builder.ts'
import { arrayOfTensor, specialise } from '../../src/ops/evaluate.ts'
import { adapterProfile, runOnGpu } from './programs.ts'

// TopK on the adapter at hand against the operator's plain code: places and values are the same to the bit.

let seed = 11
const random = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647
const floats = (n: number): Float32Array => Float32Array.from({ length: n }, (_, i) => (i % 17 === 3 ? NaN : i % 13 === 4 ? -0 : i % 13 === 5 ? 0 : i % 29 === 7 ? -Infinity : Math.round((random() - 0.5) * 50)))

interface Case {
  readonly shape: readonly number[]
  readonly dtype: DType
  readonly k: number
  readonly array: TypedArray
  readonly axis?: number
  readonly largest?: number
}
const cases: Record<string, Case> = {
  'one of one': { shape: [1], dtype: 'float32', k: 1, array: Float32Array.of(5) },
  'ties, NaN and zeros': { shape: [3, 101], dtype: 'float32', k: 40, array: floats(303) },
  'the least': { shape: [2, 60], dtype: 'float32', k: 60, largest: 0, array: floats(120) },
  'a middle axis': { shape: [2, 37, 3], dtype: 'float32', k: 5, axis: 1, array: floats(222) },
  'many of very many': { shape: [20011], dtype: 'float32', k: 1000, array: floats(20011) },
  'a whole long row': { shape: [5003], dtype: 'float32', k: 5003, largest: 0, array: floats(5003) },
  'few of very many in rows': { shape: [2, 9000], dtype: 'float32', k: 3, array: floats(18000) },
  int64: { shape: [4, 33], dtype: 'int64', k: 9, array: BigInt64Array.from({ length: 132 }, () => BigInt(Math.floor((random() - 0.5) * 2 ** 50))) },
  'long rows of uint64': { shape: [4100], dtype: 'uint64', k: 2000, array: BigUint64Array.from({ length: 4100 }, () => BigInt(Math.floor(random() * 2 ** 52)) * 4096n) },
  uint32: { shape: [70], dtype: 'uint32', k: 9, array: Uint32Array.from({ length: 70 }, () => Math.floor(random() * 2 ** 32)) },
  int8: { shape: [3, 70], dtype: 'int8', k: 9, array: Int8Array.from({ length: 210 }, () => Math.floor(random() * 256)) },
  float16: { shape: [70], dtype: 'float16', k: 9, array: Uint16Array.from({ length: 70 }, () => Math.floor(random() * 0x7bff)) },
}

describe.each(['adapter', 'gpu', 'least'] as const)('planned for: %s', which => {
  it.each(Object.keys(cases))('%s', async name => {
    const { shape, dtype, k, array, axis = -1, largest = 1 } = cases[name]!
    const graph = new Graph(new Names())
    const x = graph.addInput(graph.value('x', { kind: 'tensor', dtype, shape }))
    const count = graph.constant(int64Tensor([k]), 'k')
    const [values] = new Builder(graph).ops('TopK', [x, count], 2, { axis, largest })
    const node = values!.producer!.node
    const adapter = await adapterProfile()
    const profile = which === 'adapter' ? adapter : which === 'gpu' ? { ...adapter, software: false } : leastProfile
    const { program } = TopK(node, { profile, root: b => b })!
    const made = specialise(node, [inlineTensor(dtype, shape, bytesOf(array)), int64Tensor([k])])
    const expected = made.kind === 'function' ? made.run(node, [inlineTensor(dtype, shape, bytesOf(array)), int64Tensor([k])]) : []
    const { outputs } = await runOnGpu(program, [array])
    expect(expected).toHaveLength(2)
    expected.forEach((e, i) => {
      if (e === null || !isTensor(e)) throw new TypeError('no tensor')
      expect(elementCount(e.shape)).toBe(outputs[i]!.length)
      expect(outputs[i]).toEqual(arrayOfTensor(e))
    })
  })
})

it('runs where a model asks for it', async () => {
  const model = new Model()
  const { graph } = model
  const x = graph.addInput(graph.value('x', { kind: 'tensor', dtype: 'float32', shape: [2, 50] }))
  const [values, places] = new Builder(graph).ops('TopK', [new Builder(graph).op('Neg', [x]), graph.constant(int64Tensor([3]), 'k')], 2, {})
  graph.addOutput(new Builder(graph).op('Neg', [values!]))
  graph.addOutput(places!)
  const array = Float32Array.from({ length: 100 }, () => random())
  const session = await webgpuExecutor.prepare(model)
  const results = await session.run(new Map([['x', inlineTensor('float32', [2, 50], bytesOf(array))]]))
  const [least, at] = graph.outputs.map(v => arrayOfTensor(results.get(v.name) as Tensor))
  const order = [0, 50].flatMap(start => [...array.subarray(start, start + 50)].map((v, i) => [v, i] as const).sort((a, b) => a[0] - b[0]).slice(0, 3))
  expect([...least!]).toEqual(order.map(o => o[0]))
  expect([...at!]).toEqual(order.map(o => BigInt(o[1])))
  expect(session.stats.onHost).toEqual([])
  session.dispose()
})
