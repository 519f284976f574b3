import { describe, expect, it } from 'vitest'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import type { AttributeInit } from '../ir/attribute.ts'
import { Model } from '../ir/model.ts'
import type { Tensor } from '../ir/tensor.ts'
import { bytesOf, float32Tensor, inlineTensor, int64Tensor, peekNumbers, stringTensor } from '../ir/tensor.ts'
import { Builder } from './builder.ts'

type Precision = 'exact' | 'fast'

/** How the indices reach the operator: fed, as a constant, or worked out by the model. */
type Way = 'fed' | 'constant' | 'computed'

async function run(precision: Precision, way: Way, op: string, inputs: readonly Tensor[], index: number, init: Readonly<Record<string, AttributeInit>> = {}): Promise<Tensor> {
  const model = new Model()
  const { graph } = model
  const b = new Builder(graph)
  const feeds = new Map<string, Tensor>()
  const values = inputs.map((tensor, i) => {
    if (i === index && way === 'constant') return b.constant(tensor)
    const value = graph.addInput(graph.value(`x${i}`, { kind: 'tensor', dtype: tensor.dtype, shape: tensor.shape }))
    feeds.set(value.name, tensor)
    return i === index && way === 'computed' ? b.op('Mul', [b.op('Neg', [value]), b.scalar(-1, tensor.dtype)]) : value
  })
  const y = b.op('Identity', [b.op(op, values, init)])
  graph.addOutput(y)
  const session = await cpuExecutor.prepare(model, { precision })
  try {
    return (await session.run(feeds)).get(y.name) as Tensor
  } finally {
    session.dispose()
  }
}

const x = float32Tensor([1, 2, 3, 4, 5, 6], [3, 2])
const update = float32Tensor([7, 8], [1, 2])
const int32 = (values: readonly number[]): Tensor => inlineTensor('int32', [values.length], bytesOf(Int32Array.from(values)))

// what ONNX says of each: indices within [-s, s - 1] of their axis
const cases: readonly (readonly [op: string, place: (i: number) => readonly Tensor[], input: number, init: Readonly<Record<string, AttributeInit>>, inside: readonly number[], outside: readonly number[]])[] = [
  ['Gather', i => [x, int64Tensor([0, i])], 1, {}, [-3, 2], [-4, 3, 2 ** 31, 2 ** 32, -(2 ** 32), 2 ** 40]],
  ['Gather', i => [x, int32([i])], 1, { axis: 1 }, [-2, 1], [-3, 2, 2 ** 31 - 1]],
  ['GatherElements', i => [x, int64Tensor([0, i], [1, 2])], 1, {}, [-3, 2], [-4, 3, 2 ** 32 + 1]],
  ['GatherND', i => [x, int64Tensor([2, i], [1, 2])], 1, {}, [-2, 1], [-3, 2]],
  ['ScatterElements', i => [x, int64Tensor([0, i], [1, 2]), update], 1, {}, [-3, 2], [-4, 3]],
  ['ScatterND', i => [x, int64Tensor([i], [1, 1]), update], 1, {}, [-3, 2], [-4, 3]],
  ['TensorScatter', i => [float32Tensor([1, 2, 3], [1, 3, 1]), float32Tensor([7, 8], [1, 2, 1]), int64Tensor([i])], 2, { axis: 1 }, [0, 1], [-1, 2]],
]

describe.each(['exact', 'fast'] as const)('%s', precision => {
  describe.each(['fed', 'constant', 'computed'] as const)('indices %s', way => {
    it.each(cases)('%s', async (op, place, input, init, inside, outside) => {
      for (const i of inside) await expect(run(precision, way, op, place(i), input, init)).resolves.toBeDefined()
      for (const i of outside) await expect(run(precision, way, op, place(i), input, init), String(i)).rejects.toThrow(/^\w+.*(outside|index \S+ into)/)
    })
  })
  it('strings too', async () => {
    const words = stringTensor([2], ['a', 'b'])
    expect((await run(precision, 'fed', 'Gather', [words, int64Tensor([-1])], 1)).strings).toEqual(['b'])
    await expect(run(precision, 'fed', 'Gather', [words, int64Tensor([2])], 1)).rejects.toMatchObject({ code: 'ops.compute.invalid' })
  })
  it('none at all into an axis without elements', async () => {
    const y = await run(precision, 'fed', 'Gather', [float32Tensor([], [0, 2]), int64Tensor([], [0])], 1)
    expect([y.shape, peekNumbers(y)]).toEqual([[0, 2], []])
  })
})
