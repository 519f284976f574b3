import { readFileSync, existsSync, writeFileSync } from 'node:fs'
import { test } from 'vitest'
import * as ort from 'onnxruntime-node'
import { memoryBundle, memoryBytes, memorySink } from '../../src/bytes/memory.ts'
import { Log, LapidaryError } from '../../src/diag/diagnostic.ts'
import { onnx } from '../../converters/onnx/index.ts'
import { tflite } from '../../converters/tflite/index.ts'
import { optimize } from '../../src/passes/pipeline.ts'
import { legalize } from '../../src/legalize/legalize.ts'
import { float32Tensor, viewOf } from '../../src/ir/tensor.ts'
import { runLiteRt } from './run.ts'

const names = (process.env['MODELS'] ?? 'squeezenet1_1').split(',')
for (const name of names) test(name, async () => {
  const [path, shape] = name.includes('=') ? [name.split('=')[0]!, name.split('=')[1]!.split('x').map(Number)] : [name, [1, 3, 224, 192]]
  const file = existsSync(path!) ? path! : `tests/peers/.cache/torchvision/${path}.onnx`
  const bytes = readFileSync(file)
  const log = new Log()
  const t0 = performance.now()
  const model = onnx.import!(await onnx.read!(memoryBundle(memoryBytes(bytes, file)), { log }), { log })
  try {
    if (!process.env['DYN']) {
      const { bindInputs } = await import('../../src/passes/bind-inputs.ts')
      bindInputs(model, new Map(name.includes('silero') ? model.graph.inputs.filter(v => v.name !== 'sr').map((v): [string, number[]] => [v.name, v.name === 'input' ? [1, 512] : name.includes('legacy') ? [2, 1, 64] : [2, 1, 128]]) : [[model.graph.inputs[0]!.name, shape]]))
    }
    optimize(model, { log })
    const report = legalize(model, tflite.target!, { log })
    const ops = new Map<string, number>()
    for (const n of model.allNodes()) ops.set(n.op, (ops.get(n.op) ?? 0) + 1)
    console.log(name, JSON.stringify(Object.fromEntries(ops)), JSON.stringify(report.inputs), JSON.stringify(report.outputs))
    const sink = memorySink()
    await tflite.write!(tflite.export!(model, { log }), sink, { log, name: 'm.tflite' })
    await sink.commit()
    const out = sink.files.get('m.tflite')!
    const t1 = performance.now()
    writeFileSync(`/tmp/tfl/${path!.split('/').pop()!.replace('.onnx', '')}${process.env['DYN'] ? '-dyn' : ''}.tflite`, out)
    console.log(name, 'bytes', out.byteLength, 'ms', Math.round(t1 - t0), log.diagnostics.slice(0, 5).map(d => d.code + ' ' + d.message).join('; '))
    const [n, c, h, w] = shape as [number, number, number, number]
    const x = Float32Array.from({ length: n * c * h * w }, (_, i) => Math.sin(i * 0.37) + Math.cos(i * 0.011))
    const session = await ort.InferenceSession.create(bytes, { graphOptimizationLevel: 'disabled', logSeverityLevel: 3 })
    const want = (await session.run({ [session.inputNames[0]!]: new ort.Tensor('float32', x, shape) }))[session.outputNames[0]!]!.data as Float32Array
    const nhwc = new Float32Array(x.length)
    for (let a = 0; a < n; a++) for (let k = 0; k < c; k++) for (let i = 0; i < h; i++) for (let j = 0; j < w; j++) nhwc[((a * h + i) * w + j) * c + k] = x[((a * c + k) * h + i) * w + j]!
    const got = [...(await runLiteRt(out, new Map([[model.graph.inputs[0]!.name, float32Tensor(nhwc, [n, h, w, c])]]))).values()][0]!
    const y = viewOf('float32', got.peek()!) as Float32Array
    let num = 0, den = 0
    for (let i = 0; i < want.length; i++) { num += (want[i]! - y[i]!) ** 2; den += want[i]! ** 2 }
    console.log(name, 'shape', got.shape, 'relative L2', Math.sqrt(num / den), 'max', Math.max(...y.slice(0, 10000)))
  } catch (e) {
    if (e instanceof LapidaryError) console.log(name, e.diagnostics.slice(0, 6).map(d => `${d.code}: ${d.message} @${d.at?.path}\n   ${d.notes?.join('\n   ')}`).join('\n'))
    else console.log(name, (e as Error).stack)
  }
}, 300000)
