// Ten thousand runs of one prepared model (--quick: half as many): neither the process nor what it holds on the GPU grows. A software driver's GPU memory is
// the process's own. `node --expose-gc tests/webgpu/endurance.mjs`, after `npm run build`; MALLOC_ARENA_MAX=1 keeps glibc from hoarding.
import { setImmediate as turn } from 'node:timers/promises'
import { Builder, Model, executorNamed, float32Tensor } from '../../dist/src/app/api.js'
import { inferModel } from '../../dist/src/ops/infer.js'

const runs = process.argv.includes('--quick') ? 5000 : 10_000
const model = new Model()
const x = model.graph.value('x', { kind: 'tensor', dtype: 'float32', shape: [4, 256] })
model.graph.addInput(x)
const b = new Builder(model.graph)
model.graph.addOutput(b.op('Softmax', [b.op('Add', [b.op('MatMul', [x, b.op('Transpose', [x], { perm: [1, 0] })]), b.op('ReduceMean', [x], { keepdims: 1 })])]))
inferModel(model)

const session = await executorNamed('webgpu').prepare(model)
const feeds = new Map([['x', float32Tensor(Array.from({ length: 1024 }, (_, i) => Math.sin(i)), [4, 256])]])
const seen = []
for (let i = 1; i <= runs; i++) {
  await session.run(feeds)
  if (i % 500 !== 0) continue
  // what the package frees, it frees in turns of the event loop
  for (let n = 0; n < 3; n++) {
    globalThis.gc()
    await turn()
  }
  if (![runs / 10, runs / 2, runs].includes(i)) continue
  const { rss, heapUsed } = process.memoryUsage()
  seen.push({ rss: rss / 2 ** 20, heap: heapUsed / 2 ** 20, gpu: session.stats.gpuBytes })
  const now = seen.at(-1)
  console.log(`${i} runs: ${now.rss.toFixed(0)} MiB resident, ${now.heap.toFixed(1)} MiB of JavaScript, ${now.gpu} bytes on the GPU`)
}
const [first, half, last] = seen
const wrong = [
  ...(first.gpu === half.gpu && half.gpu === last.gpu ? [] : ['what is held on the GPU changed']),
  ...(last.heap - first.heap < 2 ? [] : ['JavaScript holds more']),
  ...(last.rss - half.rss < 32 ? [] : ['the process grew']),
]
for (const w of wrong) console.log(w)
process.exit(wrong.length > 0 ? 1 : 0)
