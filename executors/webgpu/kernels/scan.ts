import { Table } from '../../../src/expr/analysis/table.ts'
import type { Buffer } from '../../../src/expr/expr.ts'
import { lowerOpen } from '../../../src/expr/lower.ts'
import { nestsOf } from '../../../src/expr/nest.ts'
import { printStatements } from '../wgsl/print.ts'
import type { Kernel, KernelContext } from './kernel.ts'
import { Shader, spread } from './kernel.ts'
import { counters } from './map.ts'

const threads = 64

/** A running reduction: each row of the axis by an invocation of its own. Elements fill whole words. */
export function scanStage(context: KernelContext, target: Buffer): Kernel[] {
  const table = new Table()
  return nestsOf(table, target).map(nest => {
    const shader = new Shader(context)
    const open = nest.axes.length - 1
    const rows = nest.axes.slice(0, open).reduce((n, v) => n * v.node.extent, 1)
    const { counters: locals, statements } = lowerOpen(table, nest, open)
    const { groups, row } = spread(rows, threads, context.profile)
    const head = `let g = i32(id.x + id.y * ${row}u);\nif (g >= ${rows}) { return; }\n`
    return shader.build('scan', `${head}${counters(nest.axes.slice(0, open), locals, 'g')}${printStatements(statements, shader)}`, [threads, 1, 1], groups)
  })
}
