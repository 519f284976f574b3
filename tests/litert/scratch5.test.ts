import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'vitest'
import { memoryBundle, memoryBytes, memorySink } from '../../src/bytes/memory.ts'
import { Log } from '../../src/diag/diagnostic.ts'
import { tflite } from '../../converters/tflite/index.ts'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import { float32Tensor, viewOf } from '../../src/ir/tensor.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { runLiteRt } from './run.ts'
for (const f of readdirSync('/tmp/tfl/tf').filter(f => f.endsWith('.tflite'))) test(f, async () => {
  const bytes = readFileSync('/tmp/tfl/tf/' + f)
  const log = new Log()
  try {
    const t0 = performance.now()
    const read = await tflite.read!(memoryBundle(memoryBytes(bytes, f)), { log })
    const t1 = performance.now()
    const model = tflite.import!(read, { log })
    const t2 = performance.now()
    const type = model.graph.inputs[0]!.type
    const shape = type?.kind === 'tensor' ? type.shape! : []
    const sink = memorySink()
    await tflite.write!(tflite.export!(model, { log }), sink, { log, name: 'm.tflite' })
    await sink.commit()
    let e = -1, e2 = -1, own = ''
    if (shape.every(d => typeof d === 'number')) {
      const s = shape as number[]
      const x = float32Tensor(Array.from({ length: s.reduce((n, d) => n * d, 1) }, (_, i) => Math.abs(Math.sin(i * 12.9898) * 43758.5453) % 1), s)
      const name = model.graph.inputs[0]!.name
      const sig = read.root.signature_defs?.[0]
      const a = viewOf('float32', [...(await runLiteRt(bytes, new Map([[sig?.inputs?.[0]?.name ?? name, x]]))).values()][0]!.peek()!) as Float32Array
      const a2 = viewOf('float32', [...(await runLiteRt(sink.files.get('m.tflite')!, new Map([[(model.extra['tflite'] as any)?.signature?.inputs?.[0] ?? name, x]]))).values()][0]!.peek()!) as Float32Array
      const session = await cpuExecutor.prepare(model)
      const b = viewOf('float32', await ([...(await session.run(new Map([[name, x]]))).values()][0] as Tensor).load()) as Float32Array
      const rel = (p: Float32Array, q: Float32Array) => Math.sqrt(p.reduce((n, v, i) => n + (v - q[i]!) ** 2, 0) / q.reduce((n, v) => n + v * v, 0))
      e = rel(b, a); e2 = rel(a2, a)
    }
    console.log('FILE', f, 'read', Math.round(t1 - t0), 'import', Math.round(t2 - t1), 'nodes', model.graph.size, 'cpu vs litert', e, 'rewritten vs original', e2, own, log.diagnostics.map(d => d.message).slice(0, 2).join(';'))
  } catch (e) {
    console.log('FILE', f, (e as Error).message, (e as Error).stack?.split('\n').slice(0, 4).join('|'))
  }
}, 120000)
