import { readFileSync } from 'node:fs'
import { test } from 'vitest'
import * as ort from 'onnxruntime-node'
import { memoryBundle, memoryBytes, memorySink } from '../../src/bytes/memory.ts'
import { Log, LapidaryError } from '../../src/diag/diagnostic.ts'
import { onnx } from '../../converters/onnx/index.ts'
import { tflite } from '../../converters/tflite/index.ts'
import { optimize } from '../../src/passes/pipeline.ts'
import { legalize } from '../../src/legalize/legalize.ts'
import { bindInputs } from '../../src/passes/bind-inputs.ts'
import { float32Tensor, int64Tensor, viewOf } from '../../src/ir/tensor.ts'
import { runLiteRt } from './run.ts'
for (const v of ['v5', 'v6']) test(v, async () => {
  const file = `node_modules/@ricky0123/vad-web/dist/silero_vad_${v}.onnx`
  const bytes = readFileSync(file)
  const log = new Log()
  try {
    const model = onnx.import!(await onnx.read!(memoryBundle(memoryBytes(bytes, file)), { log }), { log })
    bindInputs(model, new Map([['input', [1, 512]], ['state', [2, 1, 128]]]))
    const sr = model.graph.inputs.find(i => i.name === 'sr')!
    sr.replaceBy(model.graph.constant(int64Tensor([16000], [])))
    model.graph.removeInput(sr)
    optimize(model, { log })
    const report = legalize(model, tflite.target!, { log })
    const ops = new Map<string, number>()
    for (const n of model.allNodes()) ops.set(n.op, (ops.get(n.op) ?? 0) + 1)
    console.log(v, JSON.stringify(Object.fromEntries(ops)), report.legal)
    const sink = memorySink()
    await tflite.write!(tflite.export!(model, { log }), sink, { log, name: 'm.tflite' })
    await sink.commit()
    const s = await ort.InferenceSession.create(bytes)
    let state = new Float32Array(256)
    let worst = 0
    for (let k = 0; k < 20; k++) {
      const x = Float32Array.from({ length: 512 }, (_, i) => Math.sin((k * 512 + i) * 0.07) * 0.3)
      const want = await s.run({ input: new ort.Tensor('float32', x, [1, 512]), state: new ort.Tensor('float32', state, [2, 1, 128]), sr: new ort.Tensor('int64', BigInt64Array.of(16000n), []) })
      const got = await runLiteRt(sink.files.get('m.tflite')!, new Map([['input', float32Tensor(x, [1, 512])], ['state', float32Tensor(state, [2, 1, 128])]]))
      for (const name of ['output', 'stateN']) {
        const [a, b] = [viewOf('float32', got.get(name)!.peek()!) as Float32Array, want[name]!.data as Float32Array]
        const e = Math.sqrt(a.reduce((p, q, i) => p + (q - b[i]!) ** 2, 0) / b.reduce((p, q) => p + q * q, 0))
        worst = Math.max(worst, e)
      }
      state = Float32Array.from(want['stateN']!.data as Float32Array)
    }
    console.log(v, 'worst over 20 frames', worst)
  } catch (e) {
    if (e instanceof LapidaryError) console.log(v, e.diagnostics.slice(0, 6).map(d => `${d.code}: ${d.message} @${d.at?.path}\n   ${d.notes?.join('\n   ')}`).join('\n'))
    else console.log(v, (e as Error).stack)
  }
}, 60000)
