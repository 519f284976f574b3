import { sizeOf } from '../../../src/expr/analysis/linear.ts'
import { Table } from '../../../src/expr/analysis/table.ts'
import type { Buffer, Var } from '../../../src/expr/expr.ts'
import type { Local } from '../../../src/expr/loop.ts'
import { lowerOpen } from '../../../src/expr/lower.ts'
import type { Nest } from '../../../src/expr/nest.ts'
import { nestsOf } from '../../../src/expr/nest.ts'
import { unrolled } from '../../../src/expr/unroll.ts'
import { nameOf, printStatements } from '../wgsl/print.ts'
import { storageOf } from '../wgsl/storage.ts'
import type { Kernel, KernelContext } from './kernel.ts'
import { Shader, spread } from './kernel.ts'

/** Invocations in a workgroup of kernels that share nothing. */
const threads = 64

/** Declares the counters of axes from the text of a position in row-major order of them. */
export function counters(axes: readonly Var[], locals: readonly Local[], position: string): string {
  let rest = axes.reduce((n, v) => n * v.node.extent, 1)
  return axes
    .map((v, d) => {
      const size = v.node.extent
      rest /= size
      const outer = rest === 1 ? position : `(${position} / ${rest})`
      return `let ${nameOf(locals[d]!)} = ${d === 0 ? outer : `${outer} % ${size}`};\n`
    })
    .join('')
}

/** Fills a buffer, each element by an invocation of its own; elements smaller than a word by one for each word. */
export function mapKernel(context: KernelContext, target: Buffer, nest: Nest, label = 'map'): Kernel {
  const table = new Table()
  const shader = new Shader(context)
  const { packed } = storageOf(target.dtype)!
  const count = sizeOf(target.shape)
  const words = Math.ceil(count / packed)
  const written = unrolled(table, nest)
  const { counters: locals, statements } = lowerOpen(table, written, written.axes.length)
  const { groups, row } = spread(words, threads, context.profile)
  const head = `let g = i32(id.x + id.y * ${row}u);\nif (g >= ${words}) { return; }\n`
  if (packed === 1) return shader.build(label, `${head}${counters(written.axes, locals, 'g')}${printStatements(statements, shader)}`, [threads, 1, 1], groups)
  const { store } = storageOf(target.dtype)!
  const bits = 32 / packed
  const access = { load: shader.load.bind(shader), store: (_: Buffer, __: string, value: string) => `word |= ${store(value)} << (u32(e) * ${bits}u);\n` }
  const body = `${head}var word = 0u;
for (var e = 0; e < ${packed}; e++) {
let at = g * ${packed} + e;
if (at >= ${count}) { break; }
${counters(written.axes, locals, 'at')}${printStatements(statements, access)}}
${shader.put(target, 'g', 'word')}`
  return shader.build(label, body, [threads, 1, 1], groups)
}

/** A map stage as plain loops over reductions. */
export const mapStage = (context: KernelContext, target: Buffer): Kernel[] => nestsOf(new Table(), target).map(nest => mapKernel(context, target, nest))
