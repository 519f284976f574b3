import { substitute } from '../../../../src/expr/analysis/substitute.ts'
import type { Expr } from '../../../../src/expr/expr.ts'
import { constant, reduceOver, variable } from '../../../../src/expr/expr.ts'
import type { Kernel, KernelContext } from '../kernel.ts'
import { Shader, spread } from '../kernel.ts'
import { typeText } from '../../wgsl/print.ts'
import { held, heldAt, Scene, within } from './opened.ts'
import type { Product } from './product.ts'
import { extentOf } from './product.ts'
import { blocked } from './registers.ts'
import { factorsAt } from './split.ts'

/** Results of a workgroup along the last row axis and the last column axis, and the invocations that share each one's terms: a power of two. */
export interface Bundle {
  readonly rows: number
  readonly columns: number
  readonly lanes: number
}

/** A product where a workgroup's invocations lie along the terms and add up what they found in a tree: for few results of many terms. */
export function treeKernel(context: KernelContext, product: Product, { rows: r, columns: c, lanes }: Bundle): Kernel {
  const { table, target, position, value, terms, outer } = product
  const shader = new Shader(context)
  const scene = new Scene(table)
  const axis = terms.at(-1)!
  const [lane, step] = [variable(lanes), variable(Math.ceil(axis.node.extent / lanes))]
  const [a, b] = factorsAt(product, axis, step.mul(lanes).add(lane), axis.node.extent % lanes !== 0)
  const part = reduceOver('sum', terms.map(v => (v === axis ? step : v)), a.mul(b))
  const rows = blocked(product.rows, r)
  const columns = blocked(product.columns, c)
  const [high, wide] = [rows.at.length, columns.at.length]
  const count = extentOf(rows.axes) * extentOf(columns.axes) * extentOf(outer)
  const { groups, row } = spread(count, 1, context.profile)
  const parts = held(product.sum.type === 'int' ? 'int32' : 'float32', high * wide * lanes)
  const type = typeText(product.sum.type)
  const opened = scene.hold([...outer, ...rows.axes, ...columns.axes], 'w') + scene.hold([lane], 'i32(lane)')
  const found = scene.print(
    rows.at.flatMap((p, i) => columns.at.map((q, j) => ({ buffer: parts, position: constant(i * wide + j, 'int'), value: scene.at(part, p, q) }))),
    within(shader, () => undefined, (x, i, v) => (x === parts ? `parts[${Number(i) * lanes} + i32(lane)] = ${v};\n` : undefined)),
  )
  // each of the first invocations finishes one result, whose place in the block is the same but for constants
  const writes = rows.at.flatMap((p, i) =>
    columns.at.map((q, j) => {
      const tests = [rows.inside[i], columns.inside[j]].filter((e): e is Expr => e !== undefined)
      const whole = substitute(value, new Map([[product.sum, heldAt(parts, i * wide + j)]]))
      return { buffer: target, position: scene.at(position, p, q), value: scene.at(whole, p, q), ...(tests.length > 0 && { condition: scene.at(tests.reduce((x, y) => x.and(y))) }) }
    }),
  )
  const finished = writes.map((w, i) => `if (lane == ${i}u) {\n${scene.print([w], within(shader, (x, at) => (x === parts ? `parts[${Number(at) * lanes}]` : undefined)))}}\n`).join('')
  const every = Array.from({ length: high * wide }, (_, i) => `parts[${i * lanes} + i32(lane)] += parts[${i * lanes} + i32(lane) + s];\n`).join('')
  const body = `let w = i32(group.x + group.y * ${row}u);
if (w >= ${count}) { return; }
${opened}{
${found}}
workgroupBarrier();
for (var s = ${lanes / 2}; s > 0; s = s >> 1u) {
if (i32(lane) < s) {
${every}}
workgroupBarrier();
}
${finished}`
  return shader.build('product along its terms', body, [lanes, 1, 1], groups, `var<workgroup> parts: array<${type}, ${high * wide * lanes}>;\n`)
}
