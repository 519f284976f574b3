// Reads each .tflite file of MediaPipe's packages, runs it on the CPU executor, writes it again and as ONNX, and runs it in LiteRT's wasm runtime where
// that knows its operators: .cache/files/PACKAGE-NAME/{source,again}.tflite, again.onnx, feeds.npz, executor.npz,
// exact.npz (in doubles), wasm.npz; what was found is in .cache/files.json.
// compare.py holds these against the runtimes. dist/ must be built.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { convert, executorNamed, float32Tensor, inlineTensor, load, memorySink, writeNpz } from '../../dist/src/app/api.js'
import { mediapipeFiles } from './files.mjs'

const cache = new URL('.cache/', import.meta.url)

async function wasmRuntime() {
  const bundle = await rolldown({ input: fileURLToPath(new URL('../litert/run.ts', import.meta.url)), platform: 'node', external: [/^[^./]/] })
  const file = fileURLToPath(new URL('litert.mjs', cache))
  await bundle.write({ file, format: 'esm' })
  await bundle.close()
  return (await import(file)).runLiteRt
}

/** Something of a picture: waves of several lengths in three colors, and a little noise; from 0 to 1. */
function picture([n, height, width, channels]) {
  let state = 7919
  const noise = () => (state = (state * 48271) % 2147483647) / 2147483647
  return float32Tensor(
    Float32Array.from({ length: n * height * width * channels }, (_, i) => {
      const [c, x, y] = [i % channels, Math.floor(i / channels) % width, Math.floor(i / channels / width) % height]
      const waves = Math.sin((7 + c) * (x / width) + 2 * Math.cos((5 * y) / height)) + Math.sin(23 * (y / height) - c) * Math.cos((31 * x) / width + 1)
      return Math.min(1, Math.max(0, 0.5 + 0.2 * waves + 0.1 * (noise() - 0.5)))
    }),
    [n, height, width, channels],
  )
}

const codeOf = error => error.code ?? error.message.split('\n')[0].slice(0, 120)
const numbered = (tensors, prefix) => new Map([...tensors].map((tensor, i) => [`${prefix}${i}`, tensor]))
const operatorsOf = model => [...model.allNodes()].map(node => node.qualified)
const countOf = (operators, name) => operators.filter(op => op === `tflite::${name}`).length
const wideBytes = model => {
  const constants = [...model.allNodes()].flatMap(node => node.inputs.flatMap(v => (v?.constant?.dtype === 'float32' ? [v.constant] : [])))
  return [...new Map(constants.map(tensor => [tensor.key, tensor.byteLength])).values()].reduce((a, b) => a + b, 0)
}

rmSync(new URL('files/', cache), { recursive: true, force: true })
mkdirSync(cache, { recursive: true })
const runLiteRt = await wasmRuntime()
const rows = []
for (const { bytes, ...file } of mediapipeFiles()) {
  const row = { ...file, folder: `files/${file.package}-${file.name}`, bytes: bytes.byteLength, faults: [] }
  rows.push(row)
  const place = new URL(`${row.folder}/`, cache)
  mkdirSync(place, { recursive: true })
  const put = (name, content) => writeFileSync(new URL(name, place), content)
  const step = async (name, work) => {
    try {
      return await work()
    } catch (error) {
      row.faults.push(`${name}: ${codeOf(error)}`)
      return undefined
    }
  }
  put('source.tflite', bytes)
  const source = new Uint8Array(bytes)
  const loaded = await step('read', async () => (await load(source, { from: 'tflite' })).model)
  if (!loaded) continue
  const operators = operatorsOf(loaded)
  row.operators = operators.length
  row.custom = [...new Set(operators.filter(op => op.startsWith('tflite.custom::')))].map(op => op.slice('tflite.custom::'.length)).sort()
  row.densify = countOf(operators, 'DENSIFY')
  row.halves = [...loaded.allNodes()].filter(node => node.qualified === 'tflite::DEQUANTIZE' && node.inputs[0].type.dtype === 'float16').length
  const feeds = new Map(loaded.graph.inputs.map(v => [v.name, picture(v.type.shape.map(d => (typeof d === 'number' ? d : 1)))]))
  put('feeds.npz', await writeNpz(new Map([...numbered(feeds.values(), 'input'), ['outputs', inlineTensor('int64', [], new Uint8Array(BigInt64Array.of(BigInt(loaded.graph.outputs.length)).buffer))]])))
  const names = loaded.graph.outputs.map(v => v.name)
  for (const [name, options] of [['executor', {}], ['exact', { precision: 'exact' }]]) {
    await step(name, async () => {
      const session = await executorNamed('cpu').prepare(loaded, options)
      const outputs = await session.run(feeds)
      put(`${name}.npz`, await writeNpz(numbered(names.map(v => outputs.get(v)), 'output')))
      session.dispose()
    })
  }
  for (const [format, name] of [['tflite', 'again.tflite'], ['onnx', 'again.onnx']]) {
    await step(`to ${format}`, async () => {
      const sink = memorySink()
      await convert(source, { sink, name }, { from: 'tflite' })
      const written = sink.files.get(name)
      put(name, written)
      row[`${format}Bytes`] = written.byteLength
      if (format === 'onnx') return
      const { model } = await load(new Uint8Array(written), { from: 'tflite' })
      const again = operatorsOf(model)
      row.operatorsAgain = again.length
      if (countOf(again, 'DENSIFY') !== row.densify) row.faults.push(`${row.densify} DENSIFY have become ${countOf(again, 'DENSIFY')}`)
      // equal weights are kept once, and so is the DEQUANTIZE behind them
      const [before, after] = [wideBytes(loaded), wideBytes(model)]
      if (after > before) row.faults.push(`float32 weights of ${before} bytes have become ${after}`)
    })
  }
  // custom operators it runs as if they did nothing
  if (row.custom.length > 0) continue
  try {
    const outputs = await runLiteRt(source, feeds)
    put('wasm.npz', await writeNpz(numbered(names.map(name => outputs.get(name)), 'output')))
  } catch (error) {
    row.wasm = codeOf(error)
  }
}
writeFileSync(new URL('files.json', cache), JSON.stringify(rows, undefined, 1))
process.exit(0)
