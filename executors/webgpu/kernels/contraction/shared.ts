import { linearOf } from '../../../../src/expr/analysis/linear.ts'
import { visit } from '../../../../src/expr/analysis/stages.ts'
import { substitute } from '../../../../src/expr/analysis/substitute.ts'
import type { Expr, Var } from '../../../../src/expr/expr.ts'
import { constant } from '../../../../src/expr/expr.ts'
import type { Kernel, KernelContext } from '../kernel.ts'
import { Shader, spread } from '../kernel.ts'
import { typeText } from '../../wgsl/print.ts'
import { held, heldAt, Scene, within } from './opened.ts'
import type { Product } from './product.ts'
import { extentOf } from './product.ts'

/** A workgroup's tile of results, made of terms that it brings into shared memory `depth` at a time. Results per invocation are multiples of 4. */
export interface Tile {
  /** Results of one invocation. */
  readonly rows: number
  readonly columns: number
  /** Invocations of a workgroup along rows and columns. */
  readonly down: number
  readonly across: number
  readonly depth: number
}

export const threadsOf = (t: Tile): number => t.down * t.across

/** Vectors of 4 that one term takes of a factor, one more so that neighbouring terms lie in other banks. */
const pitch = (each: number, threads: number): number => (each / 4) * threads + 1

/** Bytes of shared memory that a tile takes. */
export const sharedBytes = (t: Tile): number => 16 * t.depth * (pitch(t.rows, t.down) + pitch(t.columns, t.across))

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

/**
 * A product by tiles in shared memory. An invocation's results lie `down` and `across` apart, and a vector in shared memory holds
 * 4 of them: so neighbours read memory side by side whatever the operands' alignment, vectors in shared memory are read without
 * conflicts of banks, and results are written side by side.
 */
export function sharedKernel(context: KernelContext, product: Product, tile: Tile): Kernel {
  const { table, target, position, outer, terms, rows, columns, sum } = product
  const { down, across, depth } = tile
  const threads = threadsOf(tile)
  const shader = new Shader(context)
  const scene = new Scene(table)
  const type = typeText(sum.type)
  const [m, n, k] = [extentOf(rows), extentOf(columns), extentOf(terms)]
  const [tilesDown, tilesAcross] = [Math.ceil(m / (tile.rows * down)), Math.ceil(n / (tile.columns * across))]
  const count = tilesDown * tilesAcross * extentOf(outer)
  const { groups, row } = spread(count, 1, context.profile)
  const words = held(sum.type === 'int' ? 'int32' : 'float32', 4)

  /** How a factor's part of a tile is brought in: what is declared before the loop, and what is done in it. */
  const bring = (name: string, factor: Expr, axes: readonly Var[], first: string, each: number, beside: number): { readonly before: string; readonly inside: string } => {
    const slots = (each / 4) * beside
    const along = termsLieCloser(product, factor, axes)
    let before = ''
    let inside = ''
    for (const s of range((depth * slots) / threads)) {
      const [slot, term] = [`${name}Slot${s}`, `${name}Term${s}`]
      const e = `(i32(lane) + ${s * threads})`
      before += `let ${slot} = ${along ? `${e} / ${depth}` : `${e} % ${slots}`};\nlet ${term} = ${along ? `${e} % ${depth}` : `${e} / ${slots}`};\n`
      const places = range(4).map(c => scene.open(axes, `(${first} + (${slot} / ${beside} * 4 + ${c}) * ${beside} + ${slot} % ${beside})`))
      const at = scene.open(terms, `(k0 + ${term})`)
      before += places.map(p => p.declared).join('')
      const writes = places.map((p, c) => ({ buffer: words, position: constant(c, 'int'), value: scene.at(factor, p.by, at.by) }))
      const vector = `vec4<${type}>(v0, v1, v2, v3)`
      const printed = scene.print(writes, within(shader, () => undefined, (b, i, v) => (b === words ? `let v${i} = ${v};\n` : undefined)))
      inside += `{\n${at.declared}${printed}${name}[${term} * ${pitch(each, beside)} + ${slot}] = ${k % depth === 0 ? vector : `select(vec4<${type}>(), ${vector}, k0 + ${term} < ${k})`};\n}\n`
    }
    return { before, inside }
  }

  const around = scene.hold(outer, `(w / ${tilesDown * tilesAcross})`)
  const left = bring('left', product.left, rows, 'row0', tile.rows, down)
  const right = bring('right', product.right, columns, 'column0', tile.columns, across)
  const [upward, sideward] = [range(tile.rows / 4), range(tile.columns / 4)]
  const name = (i: number, h: number): string => `sum${i}_${h}`
  const inner = `${upward.map(h => `let l${h} = left[kk * ${pitch(tile.rows, down)} + ${h * down} + down];\n`).join('')}${sideward.map(h => `let r${h} = right[kk * ${pitch(tile.columns, across)} + ${h * across} + across];\n`).join('')}${range(tile.rows)
    .flatMap(i => sideward.map(h => `${name(i, h)} += l${i >> 2}[${i & 3}] * r${h};\n`))
    .join('')}`

  const sums = held(sum.type === 'int' ? 'int32' : 'float32', tile.rows * tile.columns)
  const down0 = range(tile.rows).map(i => scene.open(rows, `(row0 + ${i * down} + down)`))
  const across0 = range(tile.columns).map(j => scene.open(columns, `(column0 + ${j * across} + across)`))
  const [openRows, openColumns] = [m % (tile.rows * down) !== 0, n % (tile.columns * across) !== 0]
  const writes = down0.flatMap((r, i) =>
    across0.map((c, j) => {
      const value = substitute(product.value, new Map([[sum, heldAt(sums, i * tile.columns + j)]]))
      const tests = [...(openRows ? [r.inside] : []), ...(openColumns ? [c.inside] : [])]
      return { buffer: target, position: scene.at(position, r.by, c.by), value: scene.at(value, r.by, c.by), ...(tests.length > 0 && { condition: tests.reduce((p, q) => p.and(q)) }) }
    }),
  )
  const result = scene.print(writes, within(shader, (b, i) => (b === sums ? `${name(Math.floor(Number(i) / tile.columns), (Number(i) % tile.columns) >> 2)}[${Number(i) & 3}]` : undefined)))
  const body = `let w = i32(group.x + group.y * ${row}u);
if (w >= ${count}) { return; }
let row0 = w / ${tilesAcross} % ${tilesDown} * ${tile.rows * down};
let column0 = w % ${tilesAcross} * ${tile.columns * across};
let down = i32(lane) / ${across};
let across = i32(lane) % ${across};
${around}${left.before}${right.before}${range(tile.rows).flatMap(i => sideward.map(h => `var ${name(i, h)} = vec4<${type}>();\n`)).join('')}for (var k0 = 0; k0 < ${k}; k0 += ${depth}) {
${left.inside}${right.inside}workgroupBarrier();
for (var kk = 0; kk < ${depth}; kk++) {
${inner}}
workgroupBarrier();
}
${[...down0, ...across0].map(p => p.declared).join('')}${result}`
  const declared = `var<workgroup> left: array<vec4<${type}>, ${depth * pitch(tile.rows, down)}>;\nvar<workgroup> right: array<vec4<${type}>, ${depth * pitch(tile.columns, across)}>;\n`
  return shader.build('tiled product', body, [threads, 1, 1], groups, declared)
}

/** Whether a factor's terms lie closer in memory than what it is walked along otherwise. */
export function termsLieCloser({ table, terms }: Product, factor: Expr, axes: readonly Var[]): boolean {
  const step = (v: Var | undefined): number => {
    let least = Infinity
    visit([factor], e => {
      if (e.node.kind === 'read' && v) least = Math.min(least, Math.abs(linearOf(table, e.node.indices[0]!).terms.get(v) ?? Infinity))
    })
    return least
  }
  return step(terms.at(-1)) < step(axes.at(-1))
}
