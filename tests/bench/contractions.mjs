// Single convolutions of resnet50 and mobilenet_v2 as wasm programs beside onnxruntime-web's wasm, one thread each, interleaved in one process.
import * as ort from 'onnxruntime-web'
import { constant, input, read, select, stage, sum } from '../../dist/src/expr/expr.js'
import { compileProgram } from '../../dist/src/expr/wasm/program.js'
import { table } from './measure.mjs'

ort.env.wasm.numThreads = 1

/** Channels in and out, side of the square image, kernel, stride, groups. */
const shapes = [
  [3, 64, 224, 7, 2, 1],
  [64, 256, 56, 1, 1, 1],
  [64, 64, 56, 3, 1, 1],
  [128, 128, 56, 3, 2, 1],
  [128, 512, 28, 1, 1, 1],
  [128, 128, 28, 3, 1, 1],
  [256, 1024, 14, 1, 1, 1],
  [256, 256, 14, 3, 1, 1],
  [512, 2048, 7, 1, 1, 1],
  [512, 512, 7, 3, 1, 1],
  [24, 144, 56, 1, 1, 1],
  [32, 32, 112, 3, 1, 32],
  [96, 96, 112, 3, 2, 96],
  [144, 144, 56, 3, 1, 144],
  [960, 960, 7, 3, 1, 960],
]

const varint = n => (n < 128 ? [n] : [(n % 128) | 128, ...varint(Math.floor(n / 128))])
const int = (id, v) => [...varint(id * 8), ...varint(v)]
const bytes = (id, body) => [...varint(id * 8 + 2), ...varint(body.length), ...body]
const text = (id, s) => bytes(id, [...Buffer.from(s)])
const ints = (name, values) => bytes(5, [...text(1, name), ...values.flatMap(v => int(8, v)), ...int(20, 7)])
const value = (id, name, shape) => bytes(id, [...text(1, name), ...bytes(2, bytes(1, [...int(1, 1), ...bytes(2, shape.flatMap(d => bytes(1, int(1, d))))]))])
const tensor = (name, shape, data) => bytes(5, [...shape.flatMap(d => int(1, d)), ...int(2, 1), ...text(8, name), ...bytes(9, new Uint8Array(data.buffer))])

/** A model of one Conv and one Relu. */
function modelOf({ x, w, b, y, kernel, stride, pad, group }, weights, bias) {
  const attributes = [...ints('kernel_shape', [kernel, kernel]), ...ints('strides', [stride, stride]), ...ints('pads', [pad, pad, pad, pad]), ...bytes(5, [...text(1, 'group'), ...int(3, group), ...int(20, 2)])]
  const conv = [...text(1, 'x'), ...text(1, 'w'), ...text(1, 'b'), ...text(2, 't'), ...text(4, 'Conv'), ...attributes]
  const relu = [...text(1, 't'), ...text(2, 'y'), ...text(4, 'Relu')]
  const graph = [...bytes(1, conv), ...bytes(1, relu), ...text(2, 'g'), ...tensor('w', w, weights), ...tensor('b', b, bias), ...value(11, 'x', x), ...value(12, 'y', y)]
  return new Uint8Array([...int(1, 8), ...bytes(8, int(2, 13)), ...bytes(7, graph)])
}

const sizeOf = shape => shape.reduce((p, n) => p * n, 1)

/** The same as stages. */
function stagesOf({ x, w, b, y, kernel, stride, pad, group }) {
  const [image, weights, bias] = [x, w, b].map(s => input(s, 'float32'))
  const inner = w[1]
  const out = stage(y, 'float32', (n, m, i, j) =>
    sum([...(inner === 1 ? [] : [inner]), kernel, kernel], (...r) => {
      const c = inner === 1 ? constant(0, 'int') : r[0]
      const [ky, kx] = r.slice(-2)
      const [v, h] = [i.mul(stride).add(ky).sub(pad), j.mul(stride).add(kx).sub(pad)]
      const tap = read(image, [n, group === 1 ? c : m, v, h])
      return (pad ? select(v.inside(0, x[2]).and(h.inside(0, x[3])), tap, 0) : tap).mul(read(weights, [m, c, ky, kx]))
    }).add(read(bias, [m])),
  )
  return { inputs: [image, weights, bias].map((buffer, i) => ({ buffer, constant: i > 0 })), output: stage(y, 'float32', (...i) => read(out, i).max(0)) }
}

export async function contractionBench({ rounds }) {
  const rows = [['convolution, one thread', 'lapidary ms', 'onnxruntime-web ms', 'speed']]
  for (const [channels, outputs, side, kernel, stride, group] of shapes) {
    const pad = (kernel - 1) / 2
    const size = Math.floor((side + 2 * pad - kernel) / stride) + 1
    const conv = { x: [1, channels, side, side], w: [outputs, channels / group, kernel, kernel], b: [outputs], y: [1, outputs, size, size], kernel, stride, pad, group }
    const data = [conv.x, conv.w, conv.b].map(s => Float32Array.from({ length: sizeOf(s) }, (_, i) => Math.sin(i * 1.7)))
    const { inputs, output } = stagesOf(conv)
    const program = compileProgram(inputs, [output])
    const at = []
    let top = 64
    for (const bytesHere of [...data.map(d => d.byteLength), 4 * sizeOf(conv.y), program.scratchBytes, program.packedBytes]) {
      at.push(top)
      top += Math.ceil(bytesHere / 16) * 16 + 16
    }
    const memory = new WebAssembly.Memory({ initial: Math.ceil(top / 65536) })
    data.forEach((d, i) => new Float32Array(memory.buffer, at[i], d.length).set(d))
    const ours = program.instantiate(memory)
    ours.pack(at.slice(0, 3), at[5])
    const theirs = await ort.InferenceSession.create(modelOf(conv, data[1], data[2]), { executionProviders: ['wasm'] })
    const feeds = { x: new ort.Tensor('float32', data[0], conv.x) }
    const best = [Infinity, Infinity]
    for (let i = 0; i < rounds * 8; i++) {
      for (const [s, run] of [() => ours.run(at.slice(0, 3), [at[3]], at[4], at[5]), () => theirs.run(feeds)].entries()) {
        const began = performance.now()
        await run()
        best[s] = Math.min(best[s], performance.now() - began)
      }
    }
    await theirs.release()
    rows.push([`${channels} to ${outputs}, ${kernel}x${kernel}/${stride}, ${side}x${side}${group > 1 ? ', depthwise' : ''}`, best[0].toFixed(2), best[1].toFixed(2), (best[1] / best[0]).toFixed(2)])
  }
  return table(rows)
}
