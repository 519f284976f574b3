import { readFileSync } from 'node:fs'
import { it } from 'vitest'
import * as ort from 'onnxruntime-node'
import { readModel } from './conformance/run.ts'
import { cpuExecutor } from '../executors/cpu/index.ts'
import { float32Tensor, int64Tensor, viewOf } from '../src/ir/tensor.ts'
import { typeToString } from '../src/ir/types.ts'
it('silero', { timeout: 600_000 }, async () => {
  for (const f of ['silero_vad_v5.onnx', 'silero_vad_legacy.onnx', 'silero_vad_v6.onnx']) {
    const path = 'node_modules/@ricky0123/vad-web/dist/' + f
    const o = await ort.InferenceSession.create(path)
    const m = await readModel(new Uint8Array(readFileSync(path)))
    console.log('INPUTS', f, m.graph.inputs.map(v => v.name + ' ' + typeToString(v.type)).join(' | '))
    for (const precision of ['exact', 'fast'] as const) {
      const t0 = performance.now()
      const s = await cpuExecutor.prepare(m, { precision })
      const feeds = new Map<string, any>(), of: any = {}
      const legacy = f.includes('legacy')
      let states: Record<string, Float32Array> = legacy ? { h: new Float32Array(128), c: new Float32Array(128) } : { state: new Float32Array(256) }
      let worst = 0, seed = 1
      const n = legacy ? 1536 : 512
      for (let k = 0; k < 5; k++) {
        const x = Float32Array.from({ length: n }, () => ((seed = (seed * 48271) % 2147483647) / 2147483647 - 0.5))
        feeds.clear()
        feeds.set('input', float32Tensor(x, [1, n]))
        of.input = new ort.Tensor('float32', x, [1, n])
        feeds.set('sr', int64Tensor([16000], [])); of.sr = new ort.Tensor('int64', [16000n], [])
        for (const [name, v] of Object.entries(states)) { const sh = [2, 1, v.length / 2]; feeds.set(name, float32Tensor(v, sh)); of[name] = new ort.Tensor('float32', v, sh) }
        const want = await o.run(of)
        const got = await s.run(feeds)
        for (const [name, t] of got) { const a = viewOf('float32', (t as any).peek()) as Float32Array, b = want[name]!.data as Float32Array; if (a.length !== b.length) console.log('LEN', name, a.length, b.length); for (let i = 0; i < a.length; i++) worst = Math.max(worst, Math.abs(a[i]! - b[i]!)) }
        states = legacy ? { h: want['hn']!.data as Float32Array, c: want['cn']!.data as Float32Array } : { state: want['stateN']!.data as Float32Array }
      }
      console.log('RESULT', f, precision, 'worst', worst, (performance.now() - t0).toFixed(0), 'ms')
      s.dispose()
    }
  }
})
