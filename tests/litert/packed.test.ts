import * as ort from 'onnxruntime-node'
import { expect, it } from 'vitest'
import { onnx } from '../../converters/onnx/index.ts'
import { tflite } from '../../converters/tflite/index.ts'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import { memorySink } from '../../src/bytes/memory.ts'
import { LapidaryError, Log } from '../../src/diag/diagnostic.ts'
import type { DType } from '../../src/ir/dtype.ts'
import { byteLengthOf } from '../../src/ir/dtype.ts'
import type { Model, Value } from '../../src/ir/model.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { float32Tensor, inlineTensor, viewOf } from '../../src/ir/tensor.ts'
import { legalize } from '../../src/legalize/legalize.ts'
import { modelOf, noise } from '../../src/passes/kit/testing.ts'
import { optimize } from '../../src/passes/pipeline.ts'
import type { Make } from '../../src/rewrite/pattern.ts'
import { runLiteRt } from './run.ts'

// weights of few bits that a model holds itself: LiteRT on the converted file against onnxruntime on the model
const log = new Log()
const [rows, inner, units] = [3, 128, 48]
const bytesOf = (dtype: DType, shape: readonly number[], seed: number): Tensor => {
  let state = 7919 * seed
  return inlineTensor(dtype, shape, Uint8Array.from({ length: byteLengthOf(dtype, shape.reduce((n, d) => n * d, 1)) }, () => (state = (state * 48271) % 2147483647) >> 8))
}
const scales = (shape: readonly number[]): Tensor => noise(shape, 5, 0.01, 0.02)

type Build = (make: Make, x: Value) => Value
const unpacked = (dtype: DType, scale: readonly number[], zero?: Tensor, attributes: Readonly<Record<string, number>> = { axis: 1 }): Build => (make, x) => {
  const w = make.op('DequantizeLinear', [make.constant(bytesOf(dtype, [inner, units], 3)), make.constant(scales(scale)), ...(zero ? [make.constant(zero)] : [])], attributes)
  return make.MatMul(x, w)
}
const packed = (block: number, bits: 4 | 8, zero = false): Build => (make, x) => {
  const blocks = inner / block
  const inputs = [x, make.constant(bytesOf('uint8', [units, blocks, (block * bits) / 8], 3)), make.constant(scales([units * blocks])), ...(zero ? [make.constant(bytesOf('uint8', [units * Math.ceil((blocks * bits) / 8)], 9))] : [])]
  return make.op('com.microsoft::MatMulNBits', inputs, { K: inner, N: units, block_size: block, bits })
}
const cases: Readonly<Record<string, readonly [Build, string]>> = {
  'int4, a scale a unit': [unpacked('int4', [units]), 'DEQUANTIZE FULLY_CONNECTED'],
  'int4, one scale': [unpacked('int4', []), 'DEQUANTIZE FULLY_CONNECTED'],
  'uint4 about 8': [unpacked('uint4', [units], inlineTensor('uint4', [units], new Uint8Array(units / 2).fill(0x88))), 'DEQUANTIZE FULLY_CONNECTED'],
  'uint4 about other numbers': [unpacked('uint4', [units], bytesOf('uint4', [units], 7)), 'DEQUANTIZE SUB MUL BATCH_MATMUL'],
  'uint4 about 0': [unpacked('uint4', [units]), 'DEQUANTIZE SUB MUL BATCH_MATMUL'],
  'int4 by blocks': [unpacked('int4', [inner / 32, units], undefined, { axis: 0, block_size: 32 }), 'DEQUANTIZE MUL RESHAPE BATCH_MATMUL'],
  'uint8 by blocks about other numbers': [unpacked('uint8', [inner / 32, units], bytesOf('uint8', [inner / 32, units], 7), { axis: 0, block_size: 32 }), 'DEQUANTIZE SUB MUL RESHAPE BATCH_MATMUL'],
  'MatMulNBits of one block': [packed(inner, 4), 'DEQUANTIZE FULLY_CONNECTED'],
  'MatMulNBits by blocks': [packed(32, 4), 'DEQUANTIZE MUL RESHAPE FULLY_CONNECTED'],
  'MatMulNBits by blocks about other numbers': [packed(32, 4, true), 'DEQUANTIZE SUB MUL RESHAPE FULLY_CONNECTED'],
  'MatMulNBits of 8 bits': [packed(32, 8, true), 'DEQUANTIZE SUB MUL RESHAPE FULLY_CONNECTED'],
}

async function written(format: typeof onnx | typeof tflite, model: Model): Promise<Uint8Array> {
  const sink = memorySink()
  await format.write!(format.export!(model, { log }) as never, sink, { log, name: 'm' })
  await sink.commit()
  return sink.files.get('m')!
}

it.each([[{ axis: 7 }, [units]], [{ axis: 0, block_size: -1 }, [units]], [{ axis: 1 }, [units - 1]], [{ axis: 0, block_size: 32 }, [units]]] as const)('what does not fit is refused or told: %o', (attributes, scale) => {
  const attempt = (): boolean => legalize(modelOf([rows, inner], unpacked('int4', scale, undefined, attributes)), tflite.target!, { log, mode: 'report' }).legal
  try {
    expect(attempt()).toBe(false)
  } catch (error) {
    expect(error).toBeInstanceOf(LapidaryError)
  }
})

it('the last block may be shorter', async () => {
  const [before, after] = [0, 1].map(() => modelOf([rows, inner], unpacked('int4', [3, units], undefined, { axis: 0, block_size: 48 }))) as [Model, Model]
  legalize(after, tflite.target!, { log, layout: 'keep' })
  const results: Float32Array[] = []
  for (const model of [before, after]) {
    const run = await cpuExecutor.prepare(model, { precision: 'exact' })
    results.push(viewOf('float32', ([...(await run.run(new Map([['x', noise([rows, inner], 1)]]))).values()][0] as Tensor).peek()!) as Float32Array)
    run.dispose()
  }
  results[0]!.forEach((n, i) => expect(results[1]![i]).toBeCloseTo(n, 4))
})

it.each(Object.entries(cases))('%s', async (_, [build, operators]) => {
  const x = noise([rows, inner], 1)
  const session = await ort.InferenceSession.create(await written(onnx, modelOf([rows, inner], build)), { logSeverityLevel: 3, graphOptimizationLevel: 'disabled' })
  const [want] = Object.values(await session.run({ x: new ort.Tensor('float32', viewOf('float32', x.peek()!) as Float32Array, [rows, inner]) }))
  const model = modelOf([rows, inner], build)
  optimize(model, { log })
  legalize(model, tflite.target!, { log })
  expect([...model.allNodes()].map(n => n.op).join(' ')).toBe(operators)
  const expected = float32Tensor(want!.data as Float32Array, [rows, units])
  for (const how of ['float32', 'dynamic', 'int4']) {
    if (how === 'dynamic') await tflite.precisions!['dynamic']!.apply(model)
    if (how === 'int4') expect([...model.allNodes()].filter(n => n.op === 'DEQUANTIZE')).toHaveLength(operators === 'DEQUANTIZE FULLY_CONNECTED' ? 0 : 1)
    const [got] = (await runLiteRt(await written(tflite, model), new Map([['x', x]]))).values()
    const [a, b] = [viewOf('float32', expected.peek()!) as Float32Array, viewOf('float32', got!.peek()!) as Float32Array]
    const error = Math.hypot(...a.map((n, i) => n - b[i]!)) / Math.hypot(...a)
    expect(error).toBeLessThan(how === 'float32' ? 1e-5 : 0.015)
  }
})
