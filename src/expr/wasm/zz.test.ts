import { it } from 'vitest'
import { compileProgram } from './program.ts'
import { type Buffer, input, read, reduce, select, stage, sum } from '../expr.ts'
import { sizeOf } from '../analysis/linear.ts'
function time(name: string, ins: Buffer[], outs: Buffer[], n: number) {
  const t0 = performance.now()
  const program = compileProgram(ins.map(buffer => ({ buffer, constant: false })), outs)
  const tc = performance.now() - t0
  const at: number[] = []; let top = 64
  for (const s of [...ins, ...outs].map(b => sizeOf(b.shape) * 4).concat([program.scratchBytes, program.packedBytes])) { at.push(top); top += Math.ceil(s / 16) * 16 + 16 }
  const memory = new WebAssembly.Memory({ initial: Math.ceil(top / 65536) })
  ins.forEach((b, i) => new Float32Array(memory.buffer, at[i]!, sizeOf(b.shape)).forEach((_, k, a) => (a[k] = Math.sin(k))))
  const p = program.instantiate(memory)
  p.pack(at, at.at(-1)!)
  let best = Infinity
  for (let i = 0; i < 30; i++) { const t = performance.now(); p.run(at.slice(0, ins.length), at.slice(ins.length, ins.length + outs.length), at.at(-2)!, at.at(-1)!); best = Math.min(best, performance.now() - t) }
  console.log(`R ${name}: ${best.toFixed(2)} ms, ${(best * 1e6 / n).toFixed(2)} ns/element, compile ${tc.toFixed(1)}`)
}
it('general', () => {
  const x = input([1000, 1000], 'float32')
  const m = stage([1000, 1], 'float32', i => reduce('max', [1000], k => read(x, [i!, k!])))
  const e = stage([1000, 1000], 'float32', (i, j) => read(x, [i!, j!]).sub(read(m, [i!, 0])).apply('exp'))
  const s = stage([1000, 1], 'float32', i => sum([1000], k => read(e, [i!, k!])))
  time('softmax', [x], [stage([1000, 1000], 'float32', (i, j) => read(e, [i!, j!]).div(read(s, [i!, 0])))], 1e6)
  time('transpose', [x], [stage([1000, 1000], 'float32', (i, j) => read(x, [j!, i!]))], 1e6)
  time('reduce last', [x], [stage([1000], 'float32', i => sum([1000], k => read(x, [i!, k!])))], 1e6)
  time('reduce first', [x], [stage([1000], 'float32', i => sum([1000], k => read(x, [k!, i!])))], 1e6)
  time('gelu', [x], [stage([1000, 1000], 'float32', (i, j) => { const v = read(x, [i!, j!]); return v.mul(0.5).mul(v.mul(Math.SQRT1_2).apply('erf').add(1)) })], 1e6)
  time('tanh', [x], [stage([1000, 1000], 'float32', (i, j) => read(x, [i!, j!]).apply('tanh'))], 1e6)
  time('add', [x], [stage([1000, 1000], 'float32', (i, j) => read(x, [i!, j!]).add(1))], 1e6)
  time('sin', [x], [stage([1000, 1000], 'float32', (i, j) => read(x, [i!, j!]).apply('sin'))], 1e6)
  const f = input([1, 64, 112, 112], 'float32')
  time('maxpool 3x3/2', [f], [stage([1, 64, 56, 56], 'float32', (n, c, y, z) => reduce('max', [3, 3], (u, v) => { const [a, b] = [y!.mul(2).add(u!).sub(1), z!.mul(2).add(v!).sub(1)]; return select(a.inside(0, 112).and(b.inside(0, 112)), read(f, [n!, c!, a, b]), -Infinity) }))], 64 * 56 * 56)
  time('nchw->nhwc', [f], [stage([1, 112, 112, 64], 'float32', (n, y, z, c) => read(f, [n!, c!, y!, z!]))], 64 * 112 * 112)
  time('global mean', [f], [stage([1, 64, 1, 1], 'float32', (n, c) => sum([112, 112], (y, z) => read(f, [n!, c!, y!, z!])).div(12544))], 64 * 112 * 112)
  const w = input([1000, 2048], 'float32'), v = input([1, 2048], 'float32')
  time('gemv transposed', [v, w], [stage([1, 1000], 'float32', (i, j) => sum([2048], k => read(v, [i!, k!]).mul(read(w, [j!, k!]))))], 2048000)
  const w2 = input([2048, 1000], 'float32')
  time('gemv', [v, w2], [stage([1, 1000], 'float32', (i, j) => sum([2048], k => read(v, [i!, k!]).mul(read(w2, [k!, j!]))))], 2048000)
  const mean = stage([1000, 1], 'float32', i => sum([1000], k => read(x, [i!, k!])).div(1000))
  const inv = stage([1000, 1], 'float32', i => sum([1000], k => { const d = read(x, [i!, k!]).sub(read(mean, [i!, 0])); return d.mul(d) }).div(1000).add(1e-5).apply('sqrt'))
  time('layernorm', [x], [stage([1000, 1000], 'float32', (i, j) => read(x, [i!, j!]).sub(read(mean, [i!, 0])).div(read(inv, [i!, 0])))], 1e6)
  time('concat-ish', [x], [stage([1000, 2000], 'float32', (i, j) => select(j!.lt(1000), read(x, [i!, j!]), read(x, [i!, j!.sub(1000)])))], 2e6)
})
