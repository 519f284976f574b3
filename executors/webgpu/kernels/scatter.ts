import { Table } from '../../../src/expr/analysis/table.ts'
import type { Buffer } from '../../../src/expr/expr.ts'
import { lowerNest } from '../../../src/expr/lower.ts'
import { nestsOf } from '../../../src/expr/nest.ts'
import { printStatements } from '../wgsl/print.ts'
import type { Kernel, KernelContext } from './kernel.ts'
import { Shader } from './kernel.ts'
import { mapKernel } from './map.ts'

/** Writes at places that come from data, in order, by one invocation. Elements fill whole words. */
export function scatterStage(context: KernelContext, target: Buffer): Kernel[] {
  const table = new Table()
  const [first, ...rest] = nestsOf(table, target)
  if (first === undefined) return []
  return [
    mapKernel(context, target, first),
    ...rest.map(nest => {
      const shader = new Shader(context)
      return shader.build('scatter', printStatements(lowerNest(table, nest), shader), [1, 1, 1], [1, 1, 1])
    }),
  ]
}
