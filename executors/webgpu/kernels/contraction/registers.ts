import type { Expr, Var } from '../../../../src/expr/expr.ts'
import { constant, variable } from '../../../../src/expr/expr.ts'
import type { Write } from '../../../../src/expr/lower.ts'
import { unrolled } from '../../../../src/expr/unroll.ts'
import type { Kernel, KernelContext } from '../kernel.ts'
import { Shader, spread } from '../kernel.ts'
import { Scene } from './opened.ts'
import type { Product } from './product.ts'
import { extentOf } from './product.ts'

/** How an invocation's block of results lies. */
export interface Block {
  /** Results of one invocation along the last row axis and the last column axis. */
  readonly rows: number
  readonly columns: number
  /** Invocations of a workgroup; they lie side by side along the columns. */
  readonly lanes: number
  /** Outer axes are spread over lanes too, where there are few columns; else a workgroup has one setting of them, and all its lanes read the same of the left factor. */
  readonly mixed: boolean
  /** Products written out in the innermost loop, for one result. */
  readonly unroll: number
}

/** An axis as a counter of blocks, and the place of each of a block's elements. */
export interface Blocked {
  readonly axes: readonly Var[]
  readonly at: readonly ReadonlyMap<Expr, Expr>[]
  /** Whether an element lies inside; undefined where all do. */
  readonly inside: readonly (Expr | undefined)[]
}

/** Cuts the last of some axes into blocks. */
export function blocked(axes: readonly Var[], size: number): Blocked {
  const last = axes.at(-1)
  if (last === undefined) return { axes: [], at: [new Map()], inside: [undefined] }
  const { extent } = last.node
  const counter = variable(Math.ceil(extent / size))
  const places = Array.from({ length: Math.min(size, extent) }, (_, i) => counter.mul(size).add(i))
  const full = extent % size === 0 || extent < size
  return { axes: [...axes.slice(0, -1), counter], at: places.map(p => new Map<Expr, Expr>([[last, p]])), inside: places.map((p, i) => (full || i === 0 ? undefined : p.lt(constant(extent, 'int')))) }
}

/** A product with each invocation making a block of results in registers, no memory shared: operands that neighbours in a block share are read once. */
export function registerKernel(context: KernelContext, product: Product, block: Block): Kernel {
  const { table, target, position, outer } = product
  const shader = new Shader(context)
  const scene = new Scene(table)
  const { value } = unrolled(table, { axes: [], buffer: target, position, value: product.value, op: 'set' }, block.unroll)
  const rows = blocked(product.rows, block.rows)
  const columns = blocked(product.columns, block.columns)
  const writes = rows.at.flatMap((r, i) =>
    columns.at.map((c, j): Write => {
      const tests = [rows.inside[i], columns.inside[j]].filter(e => e !== undefined)
      return { buffer: target, position: scene.at(position, r, c), value: scene.at(value, r, c), ...(tests.length > 0 && { condition: scene.at(tests.reduce((p, q) => p.and(q))) }) }
    }),
  )
  const inLanes = block.mixed ? [...outer, ...columns.axes] : columns.axes
  const inGroups = block.mixed ? rows.axes : [...outer, ...rows.axes]
  const width = extentOf(inLanes)
  const across = Math.ceil(width / block.lanes)
  const { groups, row } = spread(across * extentOf(inGroups), 1, context.profile)
  const head = `let w = i32(group.x + group.y * ${row}u);
if (w >= ${across * extentOf(inGroups)}) { return; }
let g = (w % ${across}) * ${block.lanes} + i32(lane);
if (g >= ${width}) { return; }
let o = w / ${across};
${scene.hold(inLanes, 'g')}${scene.hold(inGroups, 'o')}`
  return shader.build('product', `${head}${scene.print(writes, shader)}`, [block.lanes, 1, 1], groups)
}
