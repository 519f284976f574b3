import { expect, it } from 'vitest'
import { tflite } from '../../converters/tflite/index.ts'
import { executorNamed } from '../../src/app/executors.ts'
import type { Value } from '../../src/ir/model.ts'
import { Model } from '../../src/ir/model.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { bytesOf, float32Tensor, inlineTensor, peekNumbers } from '../../src/ir/tensor.ts'
import { tensorType } from '../../src/ir/types.ts'
import { legalize } from '../../src/legalize/legalize.ts'
import { Builder } from '../../src/ops/builder.ts'
import { converted, log, waves } from './converted.ts'

// what random graphs found (tests/fuzz/tflite), as small as it goes

it('counted pads of SAME', async () => {
  for (const auto of ['SAME_UPPER', 'SAME_LOWER']) {
    const made = await converted([1, 3, 5, 6], (b, x) => b.op('AveragePool', [x], { kernel_shape: [3, 2], strides: [1, 2], auto_pad: auto, count_include_pad: 1 }))
    expect(made.error).toBeLessThan(1e-6)
  }
})

it('a constant picture and kernels that are fed', async () => {
  const made = await converted([2, 3, 3, 1], (b, w) => b.op('Conv', [b.constant(waves([3, 3, 4, 3], 1)), w], { pads: [2, 0, 1, 0] }))
  expect(made.error).toBeLessThan(1e-6)
})

it('corners aligned to a fraction of a size', async () => {
  for (const mode of ['nearest', 'linear']) {
    const made = await converted([1, 2, 5, 5], (b, x) => b.op('Resize', [x, undefined, b.constant(float32Tensor([1, 1, 1, 1.5]))], { mode, coordinate_transformation_mode: 'align_corners', ...(mode === 'nearest' && { nearest_mode: 'floor' }) }))
    // by hand: columns lie at i * 4 / 6.5, as the node test data has it (test_resize_downsample_scales_linear_align_corners)
    expect(made.ops.includes('RESIZE_BILINEAR')).toBe(false)
  }
})

it('a value that is used again is copied before it could be written over', async () => {
  const made = await converted([2, 3, 4, 2, 2], (b, x) => {
    const y = b.op('Add', [b.op('Mul', [x, b.constant(waves([2], 1))]), b.constant(waves([2], 2))])
    return b.op('Add', [b.op('Softmax', [y], { axis: -1 }), y])
  })
  expect(made.ops.filter(op => op === 'CONCATENATION')).toHaveLength(1)
  expect(made.error).toBeLessThan(1e-6)
})

/** What the model gives once it is fitted, in its operators' meaning, with int64 inputs fed as the int32 they became. */
async function fitted(inputs: Readonly<Record<string, Tensor>>, build: (b: Builder, ...given: Value[]) => Value): Promise<{ shape: readonly number[]; numbers: readonly number[] | undefined; ops: readonly string[] }> {
  const model = new Model('net')
  const given = Object.entries(inputs).map(([name, t]) => model.graph.addInput(model.graph.value(name, tensorType(t.dtype, t.shape))))
  const y = build(new Builder(model.graph), ...given)
  y.rename('y')
  model.graph.addOutput(y)
  legalize(model, tflite.target!, { log, layout: 'keep' })
  const feeds = new Map(model.graph.inputs.map((v): [string, Tensor] => {
    const t = inputs[v.name]!
    const narrow = v.type?.kind === 'tensor' && v.type.dtype === 'int32' && t.dtype === 'int64'
    return [v.name, narrow ? inlineTensor('int32', t.shape, bytesOf(Int32Array.from(peekNumbers(t)!))) : t]
  }))
  const session = await executorNamed('cpu').prepare(model, {})
  const result = (await session.run(feeds)).get('y') as Tensor
  session.dispose()
  return { shape: result.shape, numbers: peekNumbers(result), ops: [...model.allNodes()].map(n => n.op) }
}
const int64s = (values: readonly number[], shape: readonly number[] = [values.length]): Tensor => inlineTensor('int64', shape, bytesOf(BigInt64Array.from(values, BigInt)))

it('a 0 in a shape that is fed keeps a size', async () => {
  const made = await fitted({ x: waves([5, 3, 4]), to: int64s([0, 3, 2, -1]) }, (b, x, to) => b.op('Reshape', [x, to]))
  expect(made.shape).toEqual([5, 3, 2, 2])
})

it('places from the end for GatherND, from what is fed', async () => {
  const made = await fitted({ x: float32Tensor([1, 2, 3, 4, 5, 6], [2, 3]), at: int64s([-1, -3, 0, 2], [2, 2]) }, (b, x, at) => b.op('GatherND', [x, at]))
  expect(made.numbers).toEqual([4, 3])
})

it('the diagonal of a triangle is fed', async () => {
  const made = await fitted({ x: float32Tensor([1, 2, 3, 4], [2, 2]), k: int64s([1], []) }, (b, x, k) => b.op('Trilu', [x, k], { upper: 1 }))
  expect(made.numbers).toEqual([0, 2, 0, 0])
})

it('a range that runs away from its limit is empty', async () => {
  const range = await fitted({ limit: float32Tensor([-2], []) }, (b, limit) => b.op('Range', [b.scalar(1, 'float32'), limit, b.scalar(1, 'float32')]))
  expect(range.shape).toEqual([0])
  // the runtime's kernel asks for (start >= limit && delta < 0) || (start <= limit && delta > 0)
  expect(range.ops).toEqual(['MAXIMUM', 'RANGE'])
})

it('integers of a scale that are compared as they are', async () => {
  const made = await converted([1, 2, 3, 3], (b, x) => {
    const [scale, zero] = [b.scalar(0.05, 'float32'), b.bytes('uint8', [], Uint8Array.of(128))]
    const q = b.op('Transpose', [b.op('QuantizeLinear', [x, scale, zero])], { perm: [0, 2, 3, 1] })
    return b.op('Cast', [b.op('Equal', [q, b.bytes('uint8', [], Uint8Array.of(128))])], { to: 1 })
  })
  expect(made.most).toBe(0)
})

it('a transposed convolution whose steps are larger than its taps', async () => {
  const x = float32Tensor([1, 2, 3, 4], [1, 1, 2, 2])
  const made = await fitted({ x }, (b, v) => b.op('ConvTranspose', [v, b.constant(float32Tensor([10, 1], [1, 1, 2, 1])), b.floats([7])], { kernel_shape: [2, 1], strides: [3, 3], auto_pad: 'SAME_LOWER' }))
  // by the definition: rows 3i and 3i + 1 hold the taps of row i, columns 3j those of column j
  expect(made.shape).toEqual([1, 1, 6, 6])
  const rows = [[17, 7, 7, 27, 7, 7], [8, 7, 7, 9, 7, 7], [7, 7, 7, 7, 7, 7], [37, 7, 7, 47, 7, 7], [10, 7, 7, 11, 7, 7], [7, 7, 7, 7, 7, 7]]
  expect(made.numbers).toEqual(rows.flat())
})

it('sizes that keep the aspect ratio only nearly are weighted by the ratio kept', async () => {
  const made = await converted([4, 2, 4, 3], (b, x) => b.op('Resize', [x, undefined, undefined, b.ints([3, 1])], { mode: 'cubic', antialias: 1, axes: [2, 3], keep_aspect_ratio_policy: 'not_smaller' }))
  expect(made.error).toBeLessThan(1e-6)
})
