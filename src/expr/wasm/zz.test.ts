import { expect, it } from 'vitest'
import * as ort from 'onnxruntime-web/wasm'
import { compileProgram } from './program.ts'
import { type Buffer, type Expr, input, read, select, stage, sum, constant } from '../expr.ts'
import { sizeOf } from '../analysis/linear.ts'

const vi = (n: number): number[] => { const r: number[] = []; do { let b = n % 128; n = Math.floor(n / 128); if (n) b |= 128; r.push(b) } while (n); return r }
const field = (id: number, wire: number) => vi(id * 8 + wire)
const len = (id: number, body: ArrayLike<number>): number[] => { const r = [...field(id, 2), ...vi(body.length)]; for (let i = 0; i < body.length; i++) r.push(body[i]!); return r }
const int = (id: number, v: number) => [...field(id, 0), ...vi(v)]
const str = (id: number, s: string) => len(id, [...Buffer_.from(s)])
const Buffer_ = globalThis.Buffer
const info = (name: string, shape: number[]) => [...str(1, name), ...len(2, len(1, [...int(1, 1), ...len(2, shape.flatMap(d => len(1, int(1, d))))]))]
const tensor = (name: string, shape: number[], data: Float32Array) => [...shape.flatMap(d => int(1, d)), ...int(2, 1), ...str(8, name), ...len(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))]
const ints = (name: string, v: number[]) => [...str(1, name), ...v.flatMap(x => int(8, x)), ...int(20, 7)]
const one = (name: string, v: number) => [...str(1, name), ...int(3, v), ...int(20, 2)]
interface Conv { C: number; M: number; H: number; k: number; s: number; p: number; g: number; relu?: boolean }
const onnx = (c: Conv, w: Float32Array, b: Float32Array) => {
  const H2 = Math.floor((c.H + 2 * c.p - c.k) / c.s) + 1
  const node = [...str(1, 'x'), ...str(1, 'w'), ...str(1, 'b'), ...str(2, c.relu ? 't' : 'y'), ...str(4, 'Conv'), ...len(5, ints('kernel_shape', [c.k, c.k])), ...len(5, ints('strides', [c.s, c.s])), ...len(5, ints('pads', [c.p, c.p, c.p, c.p])), ...len(5, one('group', c.g))]
  const relu = [...str(1, 't'), ...str(2, 'y'), ...str(4, 'Relu')]
  const graph = [...len(1, node), ...(c.relu ? len(1, relu) : []), ...str(2, 'g'), ...len(5, tensor('w', [c.M, c.C / c.g, c.k, c.k], w)), ...len(5, tensor('b', [c.M], b)), ...len(11, info('x', [1, c.C, c.H, c.H])), ...len(12, info('y', [1, c.M, H2, H2]))]
  return new Uint8Array([...int(1, 8), ...len(8, int(2, 13)), ...len(7, graph)])
}
const conv = (x: Buffer, w: Buffer, bias: Buffer, c: Conv): Buffer => {
  const H2 = Math.floor((c.H + 2 * c.p - c.k) / c.s) + 1, inner = c.C / c.g, per = c.M / c.g
  const y = stage([1, c.M, H2, H2], 'float32', (n, m, i, j) => sum([...(inner === 1 ? [] : [inner]), c.k, c.k], (...r) => {
    const ch = inner === 1 ? constant(0, 'int') : r[0]!, [ky, kx] = r.slice(-2) as [Expr, Expr]
    const [yy, xx] = [i!.mul(c.s).add(ky).sub(c.p), j!.mul(c.s).add(kx).sub(c.p)]
    const at = read(x, [n!, (c.g === 1 ? constant(0, 'int') : m!.floordiv(per)).mul(inner).add(ch), yy, xx])
    return (c.p ? select(yy.inside(0, c.H).and(xx.inside(0, c.H)), at, 0) : at).mul(read(w, [m!, ch, ky, kx]))
  }).add(read(bias, [m!])))
  return c.relu ? stage(y.shape, 'float32', (...i) => read(y, i).max(0)) : y
}
const shapes: Conv[] = [
  { C: 3, M: 64, H: 224, k: 7, s: 2, p: 3, g: 1 },
  { C: 64, M: 256, H: 56, k: 1, s: 1, p: 0, g: 1 }, { C: 64, M: 64, H: 56, k: 3, s: 1, p: 1, g: 1 }, { C: 256, M: 128, H: 56, k: 1, s: 1, p: 0, g: 1 },
  { C: 128, M: 128, H: 56, k: 3, s: 2, p: 1, g: 1 }, { C: 128, M: 512, H: 28, k: 1, s: 1, p: 0, g: 1 }, { C: 128, M: 128, H: 28, k: 3, s: 1, p: 1, g: 1 },
  { C: 256, M: 1024, H: 14, k: 1, s: 1, p: 0, g: 1 }, { C: 256, M: 256, H: 14, k: 3, s: 1, p: 1, g: 1 }, { C: 1024, M: 256, H: 14, k: 1, s: 1, p: 0, g: 1 },
  { C: 512, M: 2048, H: 7, k: 1, s: 1, p: 0, g: 1 }, { C: 512, M: 512, H: 7, k: 3, s: 1, p: 1, g: 1 },
  { C: 32, M: 32, H: 112, k: 3, s: 1, p: 1, g: 32 }, { C: 96, M: 96, H: 112, k: 3, s: 2, p: 1, g: 96 }, { C: 144, M: 144, H: 56, k: 3, s: 1, p: 1, g: 144 },
  { C: 384, M: 384, H: 14, k: 3, s: 1, p: 1, g: 384 }, { C: 960, M: 960, H: 7, k: 3, s: 1, p: 1, g: 960 }, { C: 24, M: 144, H: 56, k: 1, s: 1, p: 0, g: 1 }, { C: 96, M: 24, H: 56, k: 1, s: 1, p: 0, g: 1 },
]
it('bench', async () => {
  ort.env.wasm.numThreads = 1
  for (const c0 of shapes) {
    const c = { ...c0, relu: true }
    const x = input([1, c.C, c.H, c.H], 'float32'), w = input([c.M, c.C / c.g, c.k, c.k], 'float32'), b = input([c.M], 'float32')
    const data = [x, w, b].map(t => Float32Array.from({ length: sizeOf(t.shape) }, () => Math.random() - 0.5))
    const y = conv(x, w, b, c)
    const t0 = performance.now()
    const program = compileProgram([{ buffer: x, constant: false }, { buffer: w, constant: true }, { buffer: b, constant: true }], [y])
    const tc = performance.now() - t0
    const sizes = [...data.map(d => d.byteLength), sizeOf(y.shape) * 4, program.scratchBytes, program.packedBytes]
    const at: number[] = []; let top = 64
    for (const s of sizes) { at.push(top); top += Math.ceil(s / 16) * 16 + 16 }
    const memory = new WebAssembly.Memory({ initial: Math.ceil(top / 65536) })
    data.forEach((d, i) => new Float32Array(memory.buffer, at[i]!, d.length).set(d))
    const p = program.instantiate(memory)
    p.pack(at.slice(0, 3), at[5]!)
    const session = await ort.InferenceSession.create(onnx(c, data[1]!, data[2]!), { executionProviders: ['wasm'], intraOpNumThreads: 1 })
    const feed = { x: new ort.Tensor('float32', data[0]!, x.shape as number[]) }
    let [mine, theirs] = [Infinity, Infinity]; let out: any
    const macs = sizeOf(y.shape) * c.C / c.g * c.k * c.k
    for (let r = 0; r < (macs > 5e7 ? 25 : 60); r++) {
      let t = performance.now(); p.run(at.slice(0, 3), [at[3]!], at[4]!, at[5]!); mine = Math.min(mine, performance.now() - t)
      t = performance.now(); out = await session.run(feed); theirs = Math.min(theirs, performance.now() - t)
    }
    const got = new Float32Array(memory.buffer, at[3]!, sizeOf(y.shape)), ref = out.y.data as Float32Array
    let [num, den] = [0, 0]; for (let i = 0; i < got.length; i++) { num += (got[i]! - ref[i]!) ** 2; den += ref[i]! ** 2 }
    console.log(`${c.C}->${c.M} ${c.k}x${c.k}/${c.s} @${c.H} g${c.g}: ours ${mine.toFixed(2)} ort ${theirs.toFixed(2)} ratio ${(theirs / mine).toFixed(2)} err ${Math.sqrt(num / den).toExponential(1)} compile ${tc.toFixed(0)}`)
    await session.release()
    expect(Math.sqrt(num / den)).toBeLessThan(1e-6)
  }
}, 300000)
