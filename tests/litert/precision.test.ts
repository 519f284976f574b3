import { expect, it } from 'vitest'
import { tflite } from '../../converters/tflite/index.ts'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import { memoryBundle, memoryBytes } from '../../src/bytes/memory.ts'
import { Log } from '../../src/diag/diagnostic.ts'
import type { AttributeInit } from '../../src/ir/attribute.ts'
import { Model } from '../../src/ir/model.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { bytesOf, float32Tensor, inlineTensor, viewOf } from '../../src/ir/tensor.ts'
import { tensorType } from '../../src/ir/types.ts'
import { Builder } from '../../src/ops/builder.ts'
import { differenceOf } from '../../src/validate/metrics.ts'
import { runLiteRt } from './run.ts'
import { fileOf } from './files.ts'

// each operator that holds weights, with these in fewer bits, as the runtime computes it, against the runtime on float32
const log = new Log()
const ints = (values: readonly number[]): Tensor => inlineTensor('int32', [values.length], bytesOf(Int32Array.from(values)))
const noise = (shape: readonly number[], seed = 1): Tensor => {
  let state = 7919 * seed
  return float32Tensor(Array.from({ length: shape.reduce((n, d) => n * d, 1) }, () => (state = (state * 48271) % 2147483647) / 1073741824 - 1), shape)
}

interface Case {
  readonly op: string
  readonly data: Tensor
  readonly before?: readonly Tensor[]
  readonly after?: readonly Tensor[]
  readonly attributes?: Readonly<Record<string, AttributeInit>>
  /** Operators of the int8 file; of the float16 file they are always these with a DEQUANTIZE. */
  readonly dynamic: readonly string[]
}

const image = noise([1, 6, 7, 16])
const cases: Readonly<Record<string, Case>> = {
  'CONV_2D': { op: 'CONV_2D', data: image, after: [noise([24, 3, 3, 16], 2), noise([24], 3)], attributes: { stride_h: 1, stride_w: 2 }, dynamic: ['CONV_2D'] },
  'CONV_2D in groups': { op: 'CONV_2D', data: image, after: [noise([24, 3, 3, 8], 2), noise([24], 3)], attributes: { stride_h: 1, stride_w: 2 }, dynamic: ['CONV_2D'] },
  'DEPTHWISE_CONV_2D': { op: 'DEPTHWISE_CONV_2D', data: image, after: [noise([1, 5, 5, 64], 2), noise([64], 3)], attributes: { stride_h: 1, stride_w: 1, depth_multiplier: 4 }, dynamic: ['DEPTHWISE_CONV_2D'] },
  'FULLY_CONNECTED': { op: 'FULLY_CONNECTED', data: noise([5, 40]), after: [noise([32, 40], 2), noise([32], 3)], attributes: { fused_activation_function: 'RELU' }, dynamic: ['FULLY_CONNECTED'] },
  'FULLY_CONNECTED of three axes': { op: 'FULLY_CONNECTED', data: noise([2, 5, 40]), after: [noise([32, 40], 2)], attributes: { keep_num_dims: 1 }, dynamic: ['FULLY_CONNECTED'] },
  'BATCH_MATMUL': { op: 'BATCH_MATMUL', data: noise([2, 5, 40]), after: [noise([2, 40, 32], 2)], dynamic: ['BATCH_MATMUL'] },
  'BATCH_MATMUL turned': { op: 'BATCH_MATMUL', data: noise([2, 5, 40]), after: [noise([2, 32, 40], 2)], attributes: { adj_y: 1 }, dynamic: ['BATCH_MATMUL'] },
  'GATHER': { op: 'GATHER', data: ints([3, 0, 31, 7]), before: [noise([32, 40], 2)], dynamic: ['GATHER', 'DEQUANTIZE'] },
  'TRANSPOSE_CONV': { op: 'TRANSPOSE_CONV', data: image, before: [ints([1, 12, 14, 8]), noise([8, 3, 3, 16], 2)], attributes: { stride_h: 2, stride_w: 2, padding: 'SAME' }, dynamic: ['DEQUANTIZE', 'TRANSPOSE_CONV'] },
  'CONV_3D': { op: 'CONV_3D', data: noise([1, 4, 5, 5, 8]), after: [noise([2, 3, 3, 8, 12], 2), noise([12], 3)], attributes: { stride_d: 1, stride_h: 1, stride_w: 1 }, dynamic: ['DEQUANTIZE', 'CONV_3D'] },
  'ADD': { op: 'ADD', data: noise([32, 40]), after: [noise([32, 40], 2)], dynamic: ['ADD'] },
}

function build({ op, data, before = [], after = [], attributes = {} }: Case): Model {
  const model = new Model('m')
  const { graph } = model
  const x = graph.addInput(graph.value('x', tensorType(data.dtype, data.shape)))
  const b = new Builder(graph)
  const y = b.op(`tflite::${op}`, [...before.map(t => b.constant(t)), x, ...after.map(t => b.constant(t))], attributes)
  y.rename('y')
  graph.addOutput(y)
  return model
}

async function relative(expected: Tensor, actual: Tensor): Promise<number> {
  const difference = await differenceOf(expected, actual)
  if ('reason' in difference) throw new Error(difference.reason)
  return difference.relL2
}

// noise is the hardest thing to round: 3e-4 for float16 (2^-11 of each, evenly spread), 1 / (127 sqrt 12) and 1 / (7 sqrt 12) of the largest for integers
const allowed = { float16: 4e-4, dynamic: 0.015, int4: 0.11 }

for (const [title, c] of Object.entries(cases)) {
  it.each(Object.keys(allowed) as (keyof typeof allowed)[])(`${title} in %s`, async how => {
    const feeds = new Map([['x', c.data]])
    const float = await fileOf(build(c))
    const want = (await runLiteRt(float, feeds)).get('y')!
    const model = build(c)
    const report = await tflite.precisions![how]!.apply(model)
    const kept = how !== 'float16' && c.op === 'ADD'
    expect(report).toMatchObject({ stored: kept ? 0 : 1, kept: [] })
    expect([...model.allNodes()].map(n => n.op)).toEqual(how === 'float16' ? ['DEQUANTIZE', c.op] : c.dynamic)
    const file = await fileOf(model)
    expect(await fileOf(model)).toEqual(file)
    if (!kept) expect(file.byteLength).toBeLessThan(float.byteLength * (how === 'float16' ? 0.8 : 0.6))
    const error = await relative(want, (await runLiteRt(file, feeds)).get('y')!)
    expect(error).toBeLessThan(allowed[how])
    expect(error > 0).toBe(!kept)
    // read back, it means the same on real numbers
    const again = tflite.import!(await tflite.read!(memoryBundle(memoryBytes(file, 'm.tflite')), { log }), { log })
    const session = await cpuExecutor.prepare(again, { precision: 'exact' })
    expect(await relative(want, (await session.run(feeds)).get('y') as Tensor)).toBeLessThan(allowed[how])
  })
}

it('what float16 cannot hold stays float32, and so does what is small', async () => {
  const large = float32Tensor(Float32Array.from({ length: 1600 }, (_, i) => (i === 7 ? 1e6 : i)), [40, 40])
  const model = build({ op: 'ADD', data: noise([40, 40]), after: [large], dynamic: [] })
  expect(await tflite.precisions!['float16']!.apply(model)).toMatchObject({ stored: 0, kept: [{ reason: 'numbers beyond 65504' }] })
  const small = build({ op: 'ADD', data: noise([40]), after: [noise([40])], dynamic: [] })
  expect(await tflite.precisions!['float16']!.apply(small)).toMatchObject({ stored: 0, kept: [] })
})

it('a weight that two operators use is stored once', async () => {
  const model = build({ op: 'FULLY_CONNECTED', data: noise([5, 40]), after: [noise([40, 40], 2)], dynamic: [] })
  const [first] = [...model.graph.nodes()]
  const b = new Builder(model.graph)
  model.graph.setOutput(0, b.op('tflite::FULLY_CONNECTED', [first!.outputs[0], first!.inputs[1]]))
  for (const [how, ops] of [['float16', ['DEQUANTIZE', 'FULLY_CONNECTED', 'FULLY_CONNECTED']], ['dynamic', ['DEQUANTIZE', 'FULLY_CONNECTED', 'FULLY_CONNECTED']]] as const) {
    await tflite.precisions![how]!.apply(model)
    expect([...model.allNodes()].map(n => n.op)).toEqual(ops)
  }
  expect(viewOf('float32', (await runLiteRt(await fileOf(model), new Map([['x', noise([5, 40])]]))).values().next().value!.peek()!)).toHaveLength(200)
})
