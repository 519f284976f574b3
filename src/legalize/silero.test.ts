import { readFileSync } from 'node:fs'
import { it } from 'vitest'
import { onnx } from '../../converters/onnx/index.ts'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import { memoryBundle, memoryBytes } from '../bytes/memory.ts'
import { Log } from '../diag/diagnostic.ts'
import type { Model } from '../ir/model.ts'
import type { Tensor } from '../ir/tensor.ts'
import { float32Tensor, int64Tensor, viewOf } from '../ir/tensor.ts'
import { tensorType, typeToString } from '../ir/types.ts'
import { inferModel } from '../ops/infer.ts'
import { noise, relativeError } from '../passes/kit/testing.ts'
import { optimize } from '../passes/pipeline.ts'
import { assignLayout } from './assign-layout.ts'

const counts = (m: Model) => {
  const c: Record<string, number> = {}
  for (const n of m.allNodes()) c[n.qualified] = (c[n.qualified] ?? 0) + 1
  return JSON.stringify(c).replace(/"/g, '')
}
for (const [name, fixed] of [['legacy', true], ['v5', true], ['v6', true], ['legacy', false], ['v5', false]] as const)
  it(`${name} ${fixed}`, async () => {
    const log = new Log()
    const legacy = name === 'legacy'
    const shapes: Record<string, number[]> = legacy ? { input: [1, 1536], h: [2, 1, 64], c: [2, 1, 64] } : { input: [1, 576], state: [2, 1, 128] }
    const load = async (fix: boolean) => {
      const m = onnx.import!(await onnx.read!(memoryBundle(memoryBytes(new Uint8Array(readFileSync(`node_modules/@ricky0123/vad-web/dist/silero_vad_${name}.onnx`)))), { log }), { log })
      for (const v of m.graph.inputs) if (shapes[v.name]) v.type = tensorType('float32', shapes[v.name]!)
      if (fix) {
        const sr = m.graph.inputs.find(v => v.name === 'sr')!
        const c = m.graph.constant(int64Tensor([16000], []), 'srate')
        sr.replaceBy(c)
        m.graph.removeInput(sr)
      }
      inferModel(m)
      return m
    }
    const run = async (m: Model) => {
      const feeds = new Map<string, Tensor>(Object.entries(shapes).map(([k, s], i) => [k, k === 'input' ? noise(s, 5 + i, -0.3, 0.3) : float32Tensor(new Float32Array(s.reduce((a, b) => a * b, 1)), s)]))
      if (m.graph.inputs.some(v => v.name === 'sr')) feeds.set('sr', int64Tensor([16000], []))
      const s = await cpuExecutor.prepare(m, { precision: 'exact' })
      const out = await s.run(feeds)
      return [...out.values()].map(t => Float64Array.from(viewOf('float32', (t as Tensor).peek()!) as Float32Array))
    }
    const a = await run(await load(false))
    const m = await load(fixed)
    console.log(name, counts(m))
    const o = optimize(m, { log })
    console.log(name, 'optimized', counts(m), JSON.stringify([...o.counts]), [...m.graph.outputs].map(v => v.name + typeToString(v.type)))
    const b = await run(m)
    console.log(name, 'error', b.map((r, i) => relativeError(r, a[i]!)), a[0], b[0])
    const l = assignLayout(m, { borders: 'nhwc', log })
    console.log(name, 'layout', l.transposes, l.permuted, counts(m))
    if (l.transposes) for (const n of m.allNodes()) if (n.op === 'Transpose') console.log(' ', n.inputs[0]!.name, typeToString(n.inputs[0]!.type), '->', typeToString(n.outputs[0]!.type), n.inputs[0]!.producer?.node.qualified, '->', [...n.outputs[0]!.uses].map(u => ('node' in u ? u.node.qualified : 'out')).join())
    const c = await run(m)
    console.log(name, 'error', c.map((r, i) => relativeError(r, a[i]!)))
    for (const d of log.diagnostics.slice(0, 5)) console.log(d.code, d.message)
  })
