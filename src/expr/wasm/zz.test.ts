import { expect, it } from 'vitest'
import { gemmModule, hasFma } from './gemm.ts'
import * as ort from 'onnxruntime-web/wasm'
it('bench', async () => {
  console.log('fma', hasFma())
  const mem = new WebAssembly.Memory({ initial: 2000 })
  const mk = (rows: number, columns: number) => ({ rows, columns, e: new WebAssembly.Instance(new WebAssembly.Module(gemmModule({ rows, columns, fma: false })), { m: { memory: mem } }).exports as any })
  const kernels = [mk(4, 8), mk(5, 8), mk(6, 8), mk(4, 12), mk(3, 12), mk(8, 4), mk(2,16)]
  const [M, N, K] = [240, 480, 256]
  const A = 1024, B = 4 << 20, C = 16 << 20, D = 32 << 20
  const f = new Float32Array(mem.buffer)
  for (let i = 0; i < M * K; i++) f[A / 4 + i] = Math.random()
  for (let i = 0; i < N * K; i++) f[B / 4 + i] = Math.random()
  const best = kernels.map(() => Infinity)
  for (let r = 0; r < 30; r++) kernels.forEach((k, i) => {
    const t = performance.now()
    k.e.block(A, B, C, N * 4, M, N, K, 0, 0, 0, 0, 0, 0, D)
    best[i] = Math.min(best[i]!, performance.now() - t)
  })
  kernels.forEach((k, i) => console.log(k.rows, k.columns, (M * N * K / best[i]! / 1e6).toFixed(2), 'GMAC/s'))
  expect(1).toBe(1)
})
