// Makes fixtures/mediapipe/custom.json: small nodes of MediaPipe's custom operators with the outputs of MediaPipe's own runtime. dist/ must be built.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { encode } from 'flatbuffers/js/flexbuffers.js'
import { Builder, Model, float32Tensor, formats, inlineTensor, Log, memorySink, readNpz, writeNpz } from '../../dist/src/app/api.js'

const place = new URL('.cache/vectors/', import.meta.url)
const python = fileURLToPath(new URL('.venv/bin/python', import.meta.url))
const tflite = formats.find(f => f.name === 'tflite')
const log = new Log()
const ints = (...values) => new Uint8Array(Int32Array.from(values).buffer)
const map = value => new Uint8Array(encode(value))
const round = x => Math.fround(Math.round(x * 1000) / 1000)
const waves = (shape, from = 0, scale = 2) => ({ shape, values: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => round(scale * Math.sin(1.7 * i + from))) })
const SAME = 1
const VALID = 2
const turn = { shape: [1, 4, 4], values: [0.9, -0.5, 0, 1.25, 0.4, 1.1, 0, -0.75, 0, 0, 1, 0, 0, 0, 0, 1].map(Math.fround) }
const points = (count, dimensions) => waves([1, count, dimensions], 0.3, 20)
const spots = ([n, h, w], scale) => ({ shape: [n, h, w, 2], values: Array.from({ length: n * h * w * 2 }, (_, i) => round(1.5 + scale * Math.sin(2.3 * i))) })
const crop = { left_rotation_idx: 1, right_rotation_idx: 4, target_rotation_radians: 0.5, output_height: 16, output_width: 24, scale_x: 1.5, scale_y: 1.25 }

const cases = [
  ...[[SAME, 2, 2, 2, 2], [SAME, 2, 2, 3, 3], [VALID, 1, 2, 3, 2], [SAME, 3, 3, 2, 2]].map(([padding, across, down, high, wide]) => (
    { name: 'Convolution2DTransposeBias', options: ints(padding, across, down), inputs: [waves([1, 4, 5, 3])], weights: [waves([2, high, wide, 3], 1), waves([2], 3)] })),
  { name: 'MaxPoolingWithArgmax2D', options: ints(SAME, 2, 2, 2, 2, 0, 0, 0, 0, 0), inputs: [waves([1, 5, 6, 3])], outputs: 2 },
  { name: 'MaxPoolingWithArgmax2D', options: ints(VALID, 1, 2, 2, 3, 3, 0, 0, 0, 0), inputs: [waves([2, 7, 6, 2], 2, 9)], outputs: 2 },
  { name: 'MaxUnpooling2D', options: ints(SAME, 2, 2, 2, 2, 0, 0, 0, 0, 0), inputs: [waves([2, 3, 2, 3]), { shape: [2, 3, 2, 3], values: Array.from({ length: 36 }, (_, i) => Math.fround(((i * 7) % 4) + 0.1)) }] },
  { name: 'Resampler', inputs: [waves([2, 4, 5, 3]), spots([2, 4, 5], 3)] },
  { name: 'TransformTensorBilinear', version: 2, options: map({ output_height: 6, output_width: 7 }), inputs: [waves([1, 5, 8, 3]), turn] },
  { name: 'TransformLandmarks', version: 2, inputs: [points(5, 2), turn] },
  { name: 'TransformLandmarks', version: 2, inputs: [points(5, 3), turn] },
  { name: 'Landmarks2TransformMatrix', version: 2, options: map({ ...crop, subset_idxs: [0, 2, 3, 5, 1] }), inputs: [points(6, 3)] },
  { name: 'Landmarks2TransformMatrix', version: 2, options: map({ ...crop, right_rotation_idx: 1, subset_idxs: [0, 2, 3, 5, 1, 4] }), inputs: [points(6, 3)] },
]

mkdirSync(place, { recursive: true })
const made = []
for (const [i, { name, version = 1, options, inputs, weights = [], outputs = 1 }] of cases.entries()) {
  const tensor = ({ shape, values }) => float32Tensor(Float32Array.from(values), shape)
  const model = new Model('net')
  const b = new Builder(model.graph)
  const fed = inputs.map(({ shape }, k) => model.graph.addInput(model.graph.value(`x${k}`, { kind: 'tensor', dtype: 'float32', shape })))
  const attributes = { ...(options && { custom_options: { type: 'tensor', value: inlineTensor('uint8', [options.length], options) } }), ...(version !== 1 && { version }) }
  for (const v of b.ops(`tflite.custom::${name}`, [...fed, ...weights.map(w => b.constant(tensor(w)))], outputs, attributes)) model.graph.addOutput(v)
  const sink = memorySink()
  await tflite.write(tflite.export(model, { log }), sink, { log, name: 'm' })
  await sink.commit()
  const files = ['model.tflite', 'feeds.npz', 'out.npz'].map(part => fileURLToPath(new URL(`${i}-${part}`, place)))
  writeFileSync(files[0], sink.files.get('m'))
  const count = inlineTensor('int64', [], new Uint8Array(BigInt64Array.of(BigInt(outputs)).buffer))
  writeFileSync(files[1], await writeNpz(new Map([...inputs.map((x, k) => [`input${k}`, tensor(x)]), ['outputs', count]])))
  execFileSync(python, [fileURLToPath(new URL('run_mediapipe.py', import.meta.url)), ...files], { stdio: ['ignore', 'inherit', 'ignore'] })
  const results = readNpz(new Uint8Array(readFileSync(files[2])))
  const values = t => [...new Float32Array(t.peek().slice().buffer)]
  made.push({ name, version, ...(options && { options: Buffer.from(options).toString('hex') }), inputs, weights, outputs: model.graph.outputs.map((v, k) => ({ shape: v.type.shape, values: values(results.get(`output${k}`)) })) })
}
mkdirSync(new URL('../../fixtures/mediapipe/', import.meta.url), { recursive: true })
writeFileSync(new URL('../../fixtures/mediapipe/custom.json', import.meta.url), `[\n${made.map(m => JSON.stringify(m)).join(',\n')}\n]\n`)
console.log(`${made.length} nodes`)
