import { type Code, countedLoop, encodeModule, FunctionBuilder, i32, op, v128 } from './encode.ts'

/** Rows and columns of sums that the kernel holds in registers. */
export const tile64 = { rows: 4, columns: 6 } as const

const x2 = { add: op.simd(240), mul: op.simd(242) } as const
const [load, loadSplat, store] = [op.simd(0), op.simd(10), op.simd(11)]

/**
 * The module of one function `tile(a, b, c, depth)`, all in bytes of its memory and of doubles: c[r][j] = sum over k of a[k][r] * b[k][j],
 * k ascending. Without fused multiply-add, so that every machine gets the same bits.
 */
export function gemm64Module(): Uint8Array<ArrayBuffer> {
  const f = new FunctionBuilder('tile', [i32, i32, i32, i32])
  const [a, b, c, depth] = [0, 1, 2, 3] as const
  const [k, av] = [f.local(i32), f.local(v128)]
  const vectors = tile64.columns / 2
  const bv = Array.from({ length: vectors }, () => f.local(v128))
  const sums = Array.from({ length: tile64.rows }, () => Array.from({ length: vectors }, () => f.local(v128)))
  const bump = (local: number, by: number): Code => [...op.get(local), ...op.i32(by), op.add, ...op.set(local)]
  f.code = [
    ...countedLoop(k, op.get(depth), [
      ...bv.flatMap((v, j) => [...op.get(b), ...op.memory(load, 16 * j), ...op.set(v)]),
      ...sums.flatMap((row, r) => [
        ...op.get(a), ...op.memory(loadSplat, 8 * r), ...op.set(av),
        ...row.flatMap((s, j) => [...op.get(av), ...op.get(bv[j]!), ...x2.mul, ...op.get(s), ...x2.add, ...op.set(s)]),
      ]),
      ...bump(a, 8 * tile64.rows), ...bump(b, 8 * tile64.columns),
    ]),
    ...sums.flatMap((row, r) => row.flatMap((s, j) => [...op.get(c), ...op.get(s), ...op.memory(store, 8 * (r * tile64.columns + 2 * j))])),
  ]
  return encodeModule([], [f])
}
