// The page of bench.mjs: one model in two runtimes, and what each asks of the GPU, counted where both must go through.
import * as lapidary from '/lapidary.js'
import * as ort from '/ort/ort.webgpu.bundle.min.mjs'

ort.env.wasm.wasmPaths = '/ort/'
ort.env.logLevel = 'error'

const counts = { dispatches: 0, submits: 0, uploaded: 0, copied: 0, read: 0 }
function count(prototype, name, see) {
  const original = prototype[name]
  prototype[name] = function (...args) {
    see(...args)
    return original.apply(this, args)
  }
}
count(GPUComputePassEncoder.prototype, 'dispatchWorkgroups', () => counts.dispatches++)
count(GPUComputePassEncoder.prototype, 'dispatchWorkgroupsIndirect', () => counts.dispatches++)
count(GPUQueue.prototype, 'submit', () => counts.submits++)
count(GPUQueue.prototype, 'writeBuffer', (_, __, data, from = 0, size) => {
  const unit = ArrayBuffer.isView(data) ? (data.BYTES_PER_ELEMENT ?? 1) : 1
  counts.uploaded += size === undefined ? data.byteLength - from * unit : size * unit
})
count(GPUCommandEncoder.prototype, 'copyBufferToBuffer', (a, b, c, d, size) => (counts.copied += typeof b === 'number' ? (size ?? 0) : (c ?? a.size)))
// what is mapped to be written is uploaded, what is mapped to be read comes back
const { getMappedRange } = GPUBuffer.prototype
GPUBuffer.prototype.getMappedRange = function (...args) {
  const range = getMappedRange.apply(this, args)
  counts[this.usage & GPUBufferUsage.MAP_READ ? 'read' : 'uploaded'] += range.byteLength
  return range
}
const since = before => Object.fromEntries(Object.entries(counts).map(([k, v]) => [k, v - before[k]]))

const floats = async t => (t.dtype === 'float32' ? new Float32Array((await t.load()).slice().buffer) : undefined)
const arrays = { float32: Float32Array, int64: BigInt64Array, int32: Int32Array, bool: Uint8Array }

/** Inputs as both take them. */
async function inputsOf(model) {
  const ours = lapidary.makeSample(model, 1)
  const theirs = {}
  for (const [name, t] of ours) theirs[name] = new ort.Tensor(t.dtype, new arrays[t.dtype]((await t.load()).slice().buffer), [...t.shape])
  return { ours, theirs }
}

const sides = {
  async lapidary(bytes, { ours }) {
    const { model } = await lapidary.load(bytes)
    lapidary.optimize(model)
    const session = await lapidary.executorNamed('webgpu').prepare(model)
    return {
      run: async () => Promise.all([...(await session.run(ours)).values()].map(floats)),
      stats: () => session.stats,
      end: () => session.dispose(),
    }
  },
  async onnxruntime(bytes, { theirs }) {
    const session = await ort.InferenceSession.create(bytes, { executionProviders: ['webgpu'], graphOptimizationLevel: 'all' })
    return {
      run: async () => Object.values(await session.run(theirs)).map(t => (t.type === 'float32' ? t.data : undefined)),
      stats: () => undefined,
      end: () => session.release(),
    }
  },
}

/**
 * Milliseconds from bytes in memory to the first outputs, each device started by another model before; then both in turn, so many times: milliseconds of each
 * run, what one run asks of the GPU, and how far the outputs are apart (relative, L2).
 */
export async function measure(path, warmer, rounds, limit) {
  const [bytes, small] = await Promise.all([path, warmer].map(async p => new Uint8Array(await (await fetch(p)).arrayBuffer())))
  const [inputs, few] = [await inputsOf((await lapidary.load(bytes)).model), await inputsOf((await lapidary.load(small)).model)]
  const made = {}
  const first = {}
  for (const [side, make] of Object.entries(sides)) {
    const warm = await make(small, few)
    await warm.run()
    const began = performance.now()
    made[side] = await make(bytes, inputs)
    await made[side].run()
    first[side] = performance.now() - began
  }
  const times = { lapidary: [], onnxruntime: [] }
  const asked = {}
  const outputs = {}
  const end = performance.now() + limit
  for (let round = 0; round < rounds && (round < 3 || performance.now() < end); round++) {
    for (const [side, { run }] of Object.entries(made)) {
      const before = { ...counts }
      const began = performance.now()
      outputs[side] = await run()
      times[side].push(performance.now() - began)
      asked[side] = since(before)
    }
  }
  let [square, total] = [0, 0]
  outputs.lapidary.forEach((a, o) => a?.forEach((v, i) => {
    const w = outputs.onnxruntime[o][i]
    square += (v - w) ** 2
    total += w ** 2
  }))
  const { onHost, peakBytes, arenaBytes, weightBytes, adapter } = made.lapidary.stats()
  for (const { end } of Object.values(made)) await end()
  return { first, times, asked, difference: Math.sqrt(square / total), onHost, peakBytes, arenaBytes, weightBytes, adapter }
}
