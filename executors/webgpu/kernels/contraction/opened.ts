import { simplifier } from '../../../../src/expr/analysis/simplify.ts'
import { substitute } from '../../../../src/expr/analysis/substitute.ts'
import type { Table } from '../../../../src/expr/analysis/table.ts'
import type { Buffer, Expr, Var } from '../../../../src/expr/expr.ts'
import { constant, variable } from '../../../../src/expr/expr.ts'
import type { Local } from '../../../../src/expr/loop.ts'
import type { Write } from '../../../../src/expr/lower.ts'
import { lowerWrites } from '../../../../src/expr/lower.ts'
import { flatRead } from '../../../../src/expr/analysis/substitute.ts'
import type { Access } from '../../wgsl/print.ts'
import { printStatements } from '../../wgsl/print.ts'
import { counters } from '../map.ts'

/** Axes at one place of a kernel: the text that declares them, what they are replaced by, and whether the place lies inside. */
export interface Opened {
  readonly declared: string
  readonly by: ReadonlyMap<Expr, Expr>
  readonly inside: Expr
}

/** Expressions in a kernel whose loops are written as text around them: the variables that the text declares, and prints of expressions over these. */
export class Scene {
  readonly #table: Table
  readonly #held = new Map<Var, Local>()
  readonly #tidy: (e: Expr) => Expr

  constructor(table: Table) {
    this.#table = table
    this.#tidy = simplifier(table)
  }

  /** Opens axes anew at a place, the text of a position among them in row-major order. Positions past the end are past the first axis. */
  open(axes: readonly Var[], position: string): Opened {
    const vars = axes.map(v => variable(v.node.extent))
    return { declared: this.hold(vars, position), by: new Map(axes.map((v, d) => [v as Expr, vars[d]!])), inside: vars[0]?.lt(constant(axes[0]!.node.extent, 'int')) ?? constant(true, 'bool') }
  }

  /** Opens axes themselves. */
  hold(axes: readonly Var[], position: string): string {
    const locals = axes.map((v): Local => {
      const local: Local = { id: this.#held.size, type: 'int' }
      this.#held.set(v, local)
      return local
    })
    return counters(axes, locals, position)
  }

  /** An expression where opened axes stand for others. */
  at(e: Expr, ...places: readonly (ReadonlyMap<Expr, Expr>)[]): Expr {
    return this.#tidy(substitute(e, new Map(places.flatMap(p => [...p]))))
  }

  print(writes: readonly Write[], access: Access): string {
    return printStatements(lowerWrites(this.#table, this.#held, writes, { readsAnywhere: true, stepsApart: true }), access)
  }
}

/** Stands for values that a kernel's text holds under names of its own: `names` by their numbers. */
export const held = (dtype: Buffer['dtype'], count: number): Buffer => ({ shape: [count], dtype })
export const heldAt = (b: Buffer, i: number): Expr => flatRead(b, constant(i, 'int'))

/** Access to memory, where some buffers stand for values in registers or in memory of the workgroup. */
export function within(access: Access, load: (buffer: Buffer, index: string) => string | undefined, store?: (buffer: Buffer, index: string, value: string) => string | undefined): Access {
  return {
    load: (b, i) => load(b, i) ?? access.load(b, i),
    store: (b, i, v) => store?.(b, i, v) ?? access.store(b, i, v),
  }
}
