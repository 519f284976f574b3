import type { TypedArray } from '../../ir/tensor.ts'
import type { Contraction } from '../contraction.ts'
import { gemm64Module, tile64 } from './gemm64.ts'

/** Terms, rows and columns that are packed at a time: panels for the caches, whatever the sizes of the product. */
const block = { terms: 512, rows: 64, columns: 480 } as const

interface Kernel {
  readonly packed: Float64Array
  readonly tile: (a: number, b: number, c: number, depth: number) => void
}
const [aAt, bAt] = [tile64.rows * tile64.columns, tile64.rows * tile64.columns + block.rows * block.terms]
let kernel: Kernel | undefined
function prepared(): Kernel {
  if (kernel === undefined) {
    const memory = new WebAssembly.Memory({ initial: Math.ceil((8 * (bAt + block.columns * block.terms)) / 65536) })
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(gemm64Module()), { m: { memory } })
    kernel = { packed: new Float64Array(memory.buffer), tile: exports['tile'] as Kernel['tile'] }
  }
  return kernel
}

/** packed[panel][k][j] = source[base + places[from + panel * width + j] + terms[k0 + k]], the last place standing in for those beyond. */
function pack(packed: Float64Array, at: number, source: ArrayLike<number>, base: number, places: Int32Array, from: number, count: number, width: number, terms: Int32Array, k0: number, depth: number): void {
  for (let panel = 0; panel < count; panel += width, at += width * depth)
    for (let j = 0; j < width; j++) {
      const place = base + places[from + Math.min(panel + j, count - 1)]!
      for (let k = 0, to = at + j; k < depth; k++, to += width) packed[to] = source[place + terms[k0 + k]!]!
    }
}

/** The settings of the outer axes: where each operand and the result begin. */
function roundsOf({ outer, offsets }: Contraction): readonly { readonly a: number; readonly b: number; readonly c: number }[] {
  let rounds = [{ ...offsets, c: 0 }]
  for (const axis of outer) rounds = rounds.flatMap(r => Array.from({ length: axis.extent }, (_, i) => ({ a: r.a + i * axis.a, b: r.b + i * axis.b, c: r.c + i * axis.c })))
  return rounds
}

/** A contraction in doubles, blocked and packed (Goto and van de Geijn, 2008); what follows on the sums is left out. The target starts as zeros. */
export function product64(c: Contraction): (target: TypedArray, a: TypedArray, b: TypedArray) => void {
  const [m, n, k] = [c.rows.length, c.columns.length, c.termsA.length]
  const rounds = roundsOf(c)
  return (target, a, b) => {
    const { packed, tile } = prepared()
    const sums = target as Float64Array
    const unload = (at: number, rows: number, columns: number): void => {
      for (let r = 0; r < rows; r++) for (let j = 0; j < columns; j++) sums[at + r * c.stride + j]! += packed[r * tile64.columns + j]!
    }
    for (const round of rounds)
      for (let k0 = 0; k0 < k; k0 += block.terms) {
        const depth = Math.min(block.terms, k - k0)
        for (let n0 = 0; n0 < n; n0 += block.columns) {
          const width = Math.min(block.columns, n - n0)
          pack(packed, bAt, b as Float64Array, round.b, c.columns, n0, width, tile64.columns, c.termsB, k0, depth)
          for (let m0 = 0; m0 < m; m0 += block.rows) {
            const height = Math.min(block.rows, m - m0)
            pack(packed, aAt, a as Float64Array, round.a, c.rows, m0, height, tile64.rows, c.termsA, k0, depth)
            for (let j = 0; j < width; j += tile64.columns)
              for (let i = 0; i < height; i += tile64.rows) {
                tile(8 * (aAt + i * depth), 8 * (bAt + j * depth), 0, depth)
                unload(round.c + (m0 + i) * c.stride + n0 + j, Math.min(tile64.rows, height - i), Math.min(tile64.columns, width - j))
              }
          }
        }
      }
  }
}
