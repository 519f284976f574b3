import { describe, expect, it } from 'vitest'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import { onnx } from '../../converters/onnx/index.ts'
import { memoryBundle, memoryBytes, memorySink } from '../bytes/memory.ts'
import { Log } from '../diag/diagnostic.ts'
import type { AttributeInit } from '../ir/attribute.ts'
import { dimDiffers, dimEquals, sym } from '../ir/dim.ts'
import { Model } from '../ir/model.ts'
import type { Datum, Tensor } from '../ir/tensor.ts'
import { float32Tensor, inlineTensor, int64Tensor, numbersOf, stringTensor, viewOf } from '../ir/tensor.ts'
import { tensorType, typeToString } from '../ir/types.ts'
import { Builder } from './builder.ts'
import { scalarTensor } from './scalar.ts'

// Found by tests/fuzz/graphs. Expected values come from onnxruntime 1.30 on the CPU, optimizations off, except where a sentence of the specification is named.

type Attributes = Readonly<Record<string, AttributeInit>>

function single(op: string, inputs: readonly (Tensor | undefined)[], attributes: Attributes = {}): Model {
  const model = new Model()
  const b = new Builder(model.graph)
  model.graph.addOutput(b.op(op, inputs.map(t => t && b.constant(t)), attributes))
  return model
}
async function run(model: Model, precision: 'exact' | 'fast' = 'exact'): Promise<Datum> {
  const session = await cpuExecutor.prepare(model, { precision })
  const results = await session.run(new Map())
  session.dispose()
  return [...results.values()][0]!
}
const numbers = (t: Datum): number[] => Array.from(numbersOf((t as Tensor).dtype, (t as Tensor).peek()!))
const bytes = (dtype: Tensor['dtype'], shape: readonly number[], ...elements: readonly number[]): Tensor => inlineTensor(dtype, shape, Uint8Array.from(elements))

describe('scatter', () => {
  const [x, updates] = [bytes('bool', [4], 0, 0, 1, 1), bytes('bool', [4], 0, 1, 0, 1)]
  it.each([['add', [0, 1, 1, 1]], ['mul', [0, 0, 0, 1]], ['max', [0, 1, 1, 1]], ['min', [0, 0, 0, 1]]] as const)("%s of truth values is NumPy's", async (reduction, expected) => {
    for (const precision of ['exact', 'fast'] as const) {
      expect(numbers(await run(single('ScatterElements', [x, int64Tensor([0, 1, 2, 3]), updates], { reduction }), precision))).toEqual(expected)
      expect(numbers(await run(single('ScatterND', [x, int64Tensor([0, 1, 2, 3], [4, 1]), updates], { reduction }), precision))).toEqual(expected)
    }
  })
  it('refuses to reduce strings', () => {
    expect(() => single('ScatterElements', [stringTensor([1], ['a']), int64Tensor([0]), stringTensor([1], ['b'])], { reduction: 'add' })).toThrow('a reduction of strings')
  })
})

describe('floats of 8 bits', () => {
  const x = bytes('float8e4m3fn', [2, 2], 0x38, 0x40, 0x44, 0xc0) // 1 2 3 -2
  it('are scaled by blocks', async () => {
    expect(numbers(await run(single('DequantizeLinear', [x, float32Tensor([0.5, 2], [1, 2]), bytes('float8e4m3fn', [1, 2], 0, 0)], { axis: 0, block_size: 2 })))).toEqual([0.5, 4, 1.5, -4])
  })
  it('are made by blocks', async () => {
    const made = (await run(single('QuantizeLinear', [float32Tensor([0.5, 4, 1.5, -4], [2, 2]), float32Tensor([0.5, 2], [1, 2]), bytes('float8e4m3fn', [1, 2], 0, 0)], { axis: 0, block_size: 2 }))) as Tensor
    expect([...made.peek()!]).toEqual([0x38, 0x40, 0x44, 0xc0])
  })
  it('keep the shape of a scalar under a scale of one element', async () => {
    const made = (await run(single('QuantizeLinear', [float32Tensor([1], []), float32Tensor([0.5]), bytes('float8e4m3fn', [1], 0)]))) as Tensor
    expect([made.shape, ...made.peek()!]).toEqual([[], 0x40])
  })
})

it('OneHot takes strings', async () => {
  const made = (await run(single('OneHot', [int64Tensor([1, -1]), int64Tensor([3], []), stringTensor([2], ['off', 'on'])]))) as Tensor
  expect(made.strings).toEqual(['off', 'on', 'off', 'off', 'off', 'on'])
})

it('a step back from before the first element begins there ("to range [0, dims[axes[i]]-1] for negative stepping")', async () => {
  expect(numbers(await run(single('Slice', [float32Tensor([7, 8, 9]), int64Tensor([-5]), int64Tensor([-9]), int64Tensor([0]), int64Tensor([-1])])))).toEqual([7])
})

describe('elements known to inference', () => {
  it('are none where the type is too narrow for them', () => {
    const difference = single('Sub', [bytes('uint8', [], 10), bytes('uint8', [], 191)]).graph.outputs[0]!
    expect(difference.elements).toBeUndefined()
    expect(single('Sub', [bytes('uint8', [], 191), bytes('uint8', [], 10)]).graph.outputs[0]!.elements).toEqual([181])
  })
  it('stand for no 64-bit integer that a number does not hold', async () => {
    const made = (await run(single('Abs', [int64Tensor([2n ** 63n - 1n, -(2n ** 53n) - 1n])]), 'fast')) as Tensor
    expect([...viewOf('int64', made.peek()!)]).toEqual([2n ** 63n - 1n, 2n ** 53n + 1n])
  })
})

describe('tensors of one sequence', () => {
  it('have unknown sizes of their own', () => {
    const model = new Model()
    const b = new Builder(model.graph)
    const x = model.graph.addInput(model.graph.value('x', tensorType('float32', [sym('n'), 3])))
    const split = model.graph.addInput(model.graph.value('split', tensorType('int64', [2])))
    const parts = b.op('SplitToSequence', [x, split])
    const [first, second] = [0, 1].map(i => b.op('SequenceAt', [parts, b.int(i)]).type) as [ReturnType<typeof tensorType>, ReturnType<typeof tensorType>]
    expect([typeToString(first), typeToString(second)].every(t => /^float32\['\?\d+', 3\]$/.test(t))).toBe(true)
    expect([dimEquals(first.shape![0]!, second.shape![0]!), dimDiffers(first.shape![0]!, second.shape![0]!)]).toEqual([false, false])
  })
})

it('scalars are there of every dtype of numbers', () => {
  const codes = (['float8e4m3fn', 'float8e5m2fnuz', 'float4e2m1', 'int4', 'uint2'] as const).map(dtype => scalarTensor(dtype, dtype === 'int4' ? -2 : 1).peek()![0])
  // bit patterns by OCP's and ONNX's tables of these types
  expect(codes).toEqual([0x38, 0x40, 0x02, 0x0e, 0x01])
})

describe('written at an older opset', () => {
  async function reread(model: Model, opset: number): Promise<Tensor> {
    const [log, sink] = [new Log(), memorySink()]
    await onnx.write!(onnx.export!(model, { log, opset }), sink, { log, name: 'm.onnx' })
    await sink.commit()
    return (await run(onnx.import!(await onnx.read!(memoryBundle(memoryBytes(sink.files.get('m.onnx')!)), { log }), { log }))) as Tensor
  }
  it.each(['Squeeze', 'Unsqueeze'])('%s of no axes leaves the tensor as it is', async op => {
    expect((await reread(single(op, [float32Tensor([1, 2], [1, 2]), int64Tensor([])]), 11)).shape).toEqual([1, 2])
  })
  it('QuantizeLinear keeps the type that only its attribute says', async () => {
    const made = await reread(single('QuantizeLinear', [float32Tensor([-3, 300]), float32Tensor([2], [])], { output_dtype: 3 }), 13)
    expect([made.dtype, ...numbers(made)]).toEqual(['int8', -2, 127])
  })
  it.each([9, 17])('DFT keeps its axis at opset %i', async opset => {
    const made = await reread(single('DFT', [float32Tensor([1, 2, 3, 5], [2, 2, 1]), undefined, int64Tensor([0], [])]), opset)
    expect(made.shape).toEqual([2, 2, 2])
    expect(numbers(made).map(n => n + 0)).toEqual([4, 0, 7, 0, -2, 0, -3, 0])
  })
})
