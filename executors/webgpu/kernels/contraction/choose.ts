import type { Profile } from '../../profile.ts'
import type { Product } from './product.ts'
import { extentOf } from './product.ts'
import type { Block } from './registers.ts'
import type { Tile } from './shared.ts'
import { sharedBytes, termsLieCloser, threadsOf } from './shared.ts'
import type { Bundle } from './tree.ts'

/** How a product is made. */
export type Way =
  | { readonly kind: 'registers'; readonly block: Block }
  | { readonly kind: 'shared'; readonly tile: Tile }
  | { readonly kind: 'tree'; readonly bundle: Bundle }
  /** The terms in parts, each of which is a product of its own. */
  | { readonly kind: 'split'; readonly parts: number }

/** Sizes from 1 to `most` of blocks along an axis, and what share of the work in them is wanted. */
const blocksOf = (extent: number, most: number): { size: number; used: number }[] =>
  Array.from({ length: Math.min(extent, most) }, (_, i) => ({ size: i + 1, used: extent / (Math.ceil(extent / (i + 1)) * (i + 1)) }))

/** A block of results may be this large: more does not stay in registers, and software drivers compile it slowly (on lavapipe 8x4 takes two to three times as long as 4x4 and is no faster). */
const mostResults = (profile: Profile): number => (profile.software ? 16 : 32)

/** Reads of operands, in multiplications' time. */
const readCost = 2

/** Products written out in an innermost loop: more compile slowly. */
const mostWritten = 144

/** The block of results that an invocation makes: that with the least estimated time for each result. */
export function chooseBlock({ rows, columns, outer }: Product, profile: Profile): Block {
  const [lastRow, lastColumn] = [rows.at(-1)?.node.extent ?? 1, columns.at(-1)?.node.extent ?? 1]
  let best = { cost: Infinity, rows: 1, columns: 1 }
  for (const r of blocksOf(lastRow, profile.software ? 4 : 8)) {
    for (const c of blocksOf(lastColumn, 8)) {
      if (r.size * c.size > mostResults(profile)) continue
      const cost = (1 + readCost / r.size + readCost / c.size) / (r.used * c.used)
      if (cost < best.cost) best = { cost, rows: r.size, columns: c.size }
    }
  }
  const across = extentOf(columns.slice(0, -1)) * Math.ceil(lastColumn / best.columns)
  const mixed = across < (profile.software ? 8 : 32) && outer.length > 0
  const width = mixed ? across * extentOf(outer) : across
  const lanes = profile.software ? ([64, 32, 16].find(n => width / (Math.ceil(width / n) * n) > 0.8 && width >= 4 * n) ?? 8) : 64
  return { rows: best.rows, columns: best.columns, lanes, mixed, unroll: Math.max(1, Math.floor(mostWritten / (best.rows * best.columns))) }
}

/**
 * Tiles for real GPUs, and how fast each is on work that fills it: a larger one multiplies more for each element it reads. Each has
 * 64 to 128 invocations, and within WebGPU's least 16 KiB of shared memory leaves room for several workgroups at once.
 */
const tiles: readonly { readonly tile: Tile; readonly speed: number }[] = [
  { tile: { rows: 8, columns: 8, down: 16, across: 8, depth: 16 }, speed: 1 },
  { tile: { rows: 8, columns: 4, down: 8, across: 16, depth: 16 }, speed: 0.85 },
  { tile: { rows: 4, columns: 4, down: 8, across: 8, depth: 16 }, speed: 0.55 },
]

/** Workgroups that keep a GPU busy; which one it is can't be asked. */
const busy = 128

/** The way for a product on an adapter; drivers that run shaders on the CPU take blocks in registers, which measured 3 to 6 times the plain loops there, and shared memory less. */
export function chooseWay(product: Product, profile: Profile): Way {
  const { rows, columns, outer, terms } = product
  const [m, n, k, o] = [extentOf(rows), extentOf(columns), extentOf(terms), extentOf(outer)]
  const longest = Math.max(...terms.map(v => v.node.extent))
  const split = (groups: number, least: number): Way | undefined => {
    const parts = Math.min(Math.ceil(busy / groups), Math.floor(k / least), longest)
    return parts > 1 ? { kind: 'split', parts } : undefined
  }
  if (profile.software) {
    const block = chooseBlock(product, profile)
    const invocations = (m * n * o) / (block.rows * block.columns)
    return (invocations < 16 ? split(invocations, 1024) : undefined) ?? { kind: 'registers', block }
  }
  if (m >= 16 && n >= 16 && k >= 8) {
    let best: { score: number; tile: Tile; groups: number } | undefined
    for (const { tile, speed } of tiles) {
      if (threadsOf(tile) > profile.workgroupThreads || sharedBytes(tile) > profile.workgroupBytes) continue
      const [down, across] = [Math.ceil(m / (tile.rows * tile.down)), Math.ceil(n / (tile.columns * tile.across))]
      const used = (m * n) / (down * across * tile.rows * tile.down * tile.columns * tile.across)
      const groups = down * across * o
      const score = speed * used * Math.min(1, groups / busy)
      if (best === undefined || score > best.score) best = { score, tile, groups }
    }
    if (best) return (best.groups < busy / 2 ? split(best.groups, 256) : undefined) ?? { kind: 'shared', tile: best.tile }
  }
  const heavier = columns.length > 0 && (rows.length === 0 || m < n) ? termsLieCloser(product, product.right, columns) : termsLieCloser(product, product.left, rows)
  if (heavier && terms.at(-1)!.node.extent >= 128) return { kind: 'tree', bundle: { rows: Math.min(m, n > m ? 4 : 2), columns: Math.min(n, n > m ? 2 : 4), lanes: 64 } }
  const block = chooseBlock(product, profile)
  return split(Math.ceil((m * n * o) / (block.rows * block.columns * 64)), 256) ?? { kind: 'registers', block }
}
