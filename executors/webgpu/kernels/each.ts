import type { Table } from '../../../src/expr/analysis/table.ts'
import type { Buffer } from '../../../src/expr/expr.ts'
import { lowerOpen } from '../../../src/expr/lower.ts'
import type { Nest } from '../../../src/expr/nest.ts'
import { printStatements } from '../wgsl/print.ts'
import type { Access } from '../wgsl/print.ts'
import type { Kernel, KernelContext } from './kernel.ts'
import { Shader, spread } from './kernel.ts'
import { counters } from './map.ts'

const threads = 64

/** A kernel with an invocation for each point of a nest's axes, in row-major order `g`; `use` says what becomes of the value there. */
export function eachKernel(context: KernelContext, table: Table, nest: Nest, label: string, use: (shader: Shader) => Access['store']): Kernel {
  const shader = new Shader(context)
  const count = nest.axes.reduce((n, v) => n * v.node.extent, 1)
  const { counters: locals, statements } = lowerOpen(table, { ...nest, op: 'set' }, nest.axes.length)
  const { groups, row } = spread(count, threads, context.profile)
  const store = use(shader)
  const access: Access = { load: shader.load.bind(shader), store: (buffer: Buffer, index, value) => `{\n${store(buffer, index, value)}}\n` }
  return shader.build(label, `let g = i32(id.x + id.y * ${row}u);\nif (g >= ${count}) { return; }\n${counters(nest.axes, locals, 'g')}${printStatements(statements, access)}`, [threads, 1, 1], groups)
}
