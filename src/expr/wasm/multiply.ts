import type { Buffer } from '../expr.ts'
import type { Contraction } from '../contraction.ts'
import { gemmMode, gemmModule, hasFma, type Tile } from './gemm.ts'
import { instanceOf } from './kernel.ts'
import type { Step } from './step.ts'

/** Terms multiplied before the sums go to memory: their panels of both operands stay in the first cache. */
const depthBlock = 256
/** Columns packed at a time: with `depthBlock` terms half a megabyte, for the second cache. */
const columnBlock = 480

interface Compiled {
  readonly tile: Tile
  readonly module: WebAssembly.Module
}
let compiled: Compiled | undefined
function gemm(): Compiled {
  if (compiled === undefined) {
    const tile: Tile = { rows: 4, columns: 12, fma: hasFma() }
    compiled = { tile, module: new WebAssembly.Module(gemmModule(tile)) }
  }
  return compiled
}

const up = (n: number, step: number): number => Math.ceil(n / step) * step

/** Places in bytes, the last repeated up to a whole number of panels. */
const tableOf = (places: Int32Array, width: number): Int32Array => Int32Array.from({ length: up(places.length, width) }, (_, i) => 4 * places[Math.min(i, places.length - 1)]!)

interface Round {
  readonly a: number
  readonly b: number
  readonly c: number
  readonly bias: number
  readonly addend: number
}

/** The settings of the outer axes, as distances in bytes. */
function roundsOf({ outer, offsets, bias, addend }: Contraction): Round[] {
  let rounds: Round[] = [{ a: 4 * offsets.a, b: 4 * offsets.b, c: 0, bias: 4 * (bias?.offset ?? 0), addend: 4 * (addend?.offset ?? 0) }]
  for (const axis of outer)
    rounds = rounds.flatMap(r =>
      Array.from({ length: axis.extent }, (_, i) => ({ a: r.a + 4 * i * axis.a, b: r.b + 4 * i * axis.b, c: r.c + 4 * i * axis.c, bias: r.bias + 4 * i * axis.bias, addend: r.addend + 4 * i * axis.addend })),
    )
  return rounds
}

/** A contraction by packed panels and a kernel that holds a tile in registers (Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication, 2008). */
export function multiplyStep(c: Contraction, isConstant: (b: Buffer) => boolean): Step {
  const { tile, module } = gemm()
  const [m, n, k] = [c.rows.length, c.columns.length, c.termsA.length]
  const [rowSpan, columnSpan] = [up(m, tile.rows), up(n, tile.columns)]
  const depth = up(Math.ceil(k / Math.ceil(k / depthBlock)), 4)
  const rounds = roundsOf(c)
  const tables = [tableOf(c.rows, tile.rows), tableOf(c.columns, tile.columns), tableOf(c.termsA, 1), tableOf(c.termsB, 1)]
  const starts: number[] = []
  let packedBytes = 0
  for (const t of tables) {
    starts.push(packedBytes)
    packedBytes += up(t.byteLength, 16)
  }
  const [rowTable, columnTable, aTerms, bTerms] = starts as [number, number, number, number]
  const distinct = (places: readonly number[]): ReadonlyMap<number, number> => new Map([...new Set(places)].map((p, i) => [p, i]))
  const aParts = isConstant(c.a) ? distinct(rounds.map(r => r.a)) : undefined
  const bParts = isConstant(c.b) ? distinct(rounds.map(r => r.b)) : undefined
  const aStart = packedBytes
  packedBytes += (aParts?.size ?? 0) * up(4 * rowSpan * k, 16)
  const bStart = packedBytes
  packedBytes += (bParts?.size ?? 0) * up(4 * columnSpan * k, 16)
  const tileBytes = up(4 * tile.rows * tile.columns, 16)
  const aBytes = aParts ? 0 : up(4 * rowSpan * k, 16)
  const bBytes = bParts ? 0 : 4 * Math.min(columnSpan, up(columnBlock, tile.columns)) * Math.min(depth, up(k, 4))
  const reads = [c.a, c.b, ...(c.bias ? [c.bias.buffer] : []), ...(c.addend ? [c.addend.buffer] : [])]
  const addendAt = c.bias ? 4 : 3

  return {
    target: c.c,
    reads,
    scratchBytes: tileBytes + aBytes + bBytes,
    packedBytes,
    packs: [...(aParts ? [c.a] : []), ...(bParts ? [c.b] : [])].filter(b => b !== c.bias?.buffer && b !== c.addend?.buffer && (b !== c.a || aParts) && (b !== c.b || bParts)),
    instantiate(memory) {
      const { packRows, packColumns, block } = instanceOf(module, memory) as Record<string, (...x: number[]) => void>
      const packAllRows = (source: number, packed: number, target: number): void => {
        for (let k0 = 0; k0 < k; k0 += depth) packRows!(source, packed + rowTable, packed + aTerms + 4 * k0, rowSpan / tile.rows, Math.min(depth, k - k0), target + 4 * k0 * rowSpan)
      }
      const packBlock = (source: number, packed: number, n0: number, width: number, k0: number, target: number): void =>
        packColumns!(source, packed + columnTable + 4 * n0, packed + bTerms + 4 * k0, up(width, tile.columns) / tile.columns, Math.min(depth, k - k0), target)
      return {
        pack(addresses, packed) {
          tables.forEach((t, i) => new Int32Array(memory.buffer, packed + starts[i]!, t.length).set(t))
          if (aParts) for (const [place, i] of aParts) packAllRows(addresses[1]! + place, packed, packed + aStart + i * up(4 * rowSpan * k, 16))
          if (bParts)
            for (const [place, i] of bParts)
              for (let n0 = 0; n0 < n; n0 += columnBlock)
                for (let k0 = 0; k0 < k; k0 += depth) {
                  const width = Math.min(columnBlock, n - n0)
                  const target = packed + bStart + i * up(4 * columnSpan * k, 16) + 4 * (n0 * k + k0 * up(width, tile.columns))
                  packBlock(addresses[2]! + place, packed, n0, width, k0, target)
                }
        },
        run(addresses, scratch, packed) {
          const [target, a, b] = addresses as [number, number, number]
          const bias = c.bias ? addresses[3]! : 0
          const addend = c.addend ? addresses[addendAt]! : 0
          const aScratch = scratch + tileBytes
          const bScratch = aScratch + aBytes
          const last = (c.bias ? gemmMode.rowBias : 0) | (c.addend ? gemmMode.addend : 0) | (c.clamp ? gemmMode.clamp : 0)
          const [low, high] = c.clamp ?? [0, 0]
          let packedA = -1
          for (const r of rounds) {
            if (!aParts && packedA !== r.a) packAllRows(a + (packedA = r.a), packed, aScratch)
            const rows = aParts ? packed + aStart + aParts.get(r.a)! * up(4 * rowSpan * k, 16) : aScratch
            for (let n0 = 0; n0 < n; n0 += columnBlock) {
              const width = Math.min(columnBlock, n - n0)
              for (let k0 = 0; k0 < k; k0 += depth) {
                const terms = Math.min(depth, k - k0)
                let columns = bScratch
                if (bParts) columns = packed + bStart + bParts.get(r.b)! * up(4 * columnSpan * k, 16) + 4 * (n0 * k + k0 * up(width, tile.columns))
                else packBlock(b + r.b, packed, n0, width, k0, bScratch)
                const mode = (k0 > 0 ? gemmMode.accumulate : 0) | (k0 + terms >= k ? last : 0)
                block!(rows + 4 * k0 * rowSpan, columns, target + r.c + 4 * n0, 4 * c.stride, m, width, terms, mode, bias + r.bias, addend + r.addend + 4 * n0, 4 * (c.addend?.row ?? 0), low, high, scratch)
              }
            }
          }
        },
      }
    },
  }
}
