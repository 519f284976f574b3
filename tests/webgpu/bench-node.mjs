// The GPU executor beside onnxruntime-node's WebGPU provider, in one process on the adapter that VK_DRIVER_FILES names: `bench-node.mjs MODEL WARMER ROUNDS SECONDS`, as JSON.
// The first run counts from the model's bytes, each device started by another model before.
import { readFileSync } from 'node:fs'
import * as ort from 'onnxruntime-node'
import { executorNamed, load, makeSample, optimize } from '../../dist/src/app/api.js'

const [path, warmer, rounds, seconds] = process.argv.slice(2)
const arrays = { float32: Float32Array, int64: BigInt64Array, int32: Int32Array, bool: Uint8Array }
const sides = {
  async lapidary(bytes, sample) {
    const { model } = await load(bytes)
    optimize(model)
    const session = await executorNamed('webgpu').prepare(model)
    return { run: async () => Promise.all([...(await session.run(sample)).values()].map(async t => (t.dtype === 'float32' ? new Float32Array((await t.load()).slice().buffer) : undefined))), session }
  },
  async onnxruntime(bytes, sample) {
    const session = await ort.InferenceSession.create(bytes, { executionProviders: ['webgpu'], graphOptimizationLevel: 'all', logSeverityLevel: 3 })
    const feeds = {}
    for (const [name, t] of sample) feeds[name] = new ort.Tensor(t.dtype, new arrays[t.dtype]((await t.load()).slice().buffer), [...t.shape])
    return { run: async () => Object.values(await session.run(feeds)).map(t => (t.type === 'float32' ? t.data : undefined)), session }
  },
}
const bytesOf = file => new Uint8Array(readFileSync(file))
const sampleOf = async bytes => makeSample((await load(bytes)).model, 1)
const [bytes, small] = [bytesOf(path), bytesOf(warmer)]
const [sample, few] = [await sampleOf(bytes), await sampleOf(small)]
const made = {}
const first = {}
for (const [side, make] of Object.entries(sides)) {
  await (await make(small, few)).run()
  const began = performance.now()
  made[side] = await make(bytes, sample)
  await made[side].run()
  first[side] = performance.now() - began
}
const times = { lapidary: [], onnxruntime: [] }
const outputs = {}
const end = performance.now() + 1000 * Number(seconds)
for (let round = 0; round < Number(rounds) && (round < 3 || performance.now() < end); round++) {
  for (const [side, { run }] of Object.entries(made)) {
    const began = performance.now()
    outputs[side] = await run()
    times[side].push(performance.now() - began)
  }
}
let [square, total] = [0, 0]
outputs.lapidary.forEach((a, o) => a?.forEach((v, i) => {
  square += (v - outputs.onnxruntime[o][i]) ** 2
  total += outputs.onnxruntime[o][i] ** 2
}))
console.log(JSON.stringify({ first, times, difference: Math.sqrt(square / total), adapter: made.lapidary.session.stats.adapter }))
process.exit()
