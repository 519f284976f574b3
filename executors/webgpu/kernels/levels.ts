import { identityOf } from '../../../src/expr/analysis/guards.ts'
import { sizeOf } from '../../../src/expr/analysis/linear.ts'
import { reductionOp } from '../../../src/expr/lower.ts'
import { rewrite, substitute } from '../../../src/expr/analysis/substitute.ts'
import { Table } from '../../../src/expr/analysis/table.ts'
import type { Buffer, Expr } from '../../../src/expr/expr.ts'
import { constant, read, reduceOver, select, stage, variable } from '../../../src/expr/expr.ts'
import { dtypeOfScalar } from './fold.ts'
import { isContraction } from './contraction/index.ts'
import type { KernelContext } from './kernel.ts'
import { placesIn } from './rows.ts'
import { isLopsided, partsOf } from './team.ts'

/** The context in which some buffers are others said in another way. */
export const standingFor = (context: KernelContext, originals: ReadonlyMap<Buffer, Buffer>): KernelContext =>
  originals.size === 0 ? context : { ...context, root: b => context.root(originals.get(b) ?? b) }

/** Divides reductions of few rows and very many terms: parts of the rows first, then the whole of the parts. Stages that are said anew stand for those they were. */
export function inLevels(order: readonly Buffer[], context: KernelContext): { readonly order: readonly Buffer[]; readonly context: KernelContext } {
  const originals = new Map<Buffer, Buffer>()
  const all = order.flatMap(b => {
    const [made, parts] = divided(b, context)
    if (parts.length === 0) return [b]
    originals.set(made, b)
    return [...parts, made]
  })
  return { order: all, context: standingFor(context, originals) }
}

function divided(buffer: Buffer, { profile }: KernelContext): [made: Buffer, parts: Buffer[]] {
  const { axes, body, fill } = buffer.stage!
  const rows = sizeOf(buffer.shape)
  const parts: Buffer[] = []
  if (fill.kind !== 'map' || rows === 0 || isContraction(buffer)) return [buffer, parts]
  const table = new Table()
  const made = rewrite(body, e => {
    const n = e.node
    if (n.kind !== 'reduce') return e
    const dtype = dtypeOfScalar[e.type] ?? 'int32'
    const terms = n.vars.reduce((p, v) => p * v.node.extent, 1)
    if (!isLopsided(rows, terms, profile) || [...table.free(e)].some(v => !axes.includes(v))) return e
    const count = partsOf(rows, terms, profile)
    const each = Math.ceil(terms / count)
    const part = stage([...buffer.shape, count], dtype, (...i) => {
      const own = new Map<Expr, Expr>(axes.map((v, d) => [v, i[d]!]))
      const term = variable(each)
      const place = i.at(-1)!.mul(each).add(term)
      const at = (p: Expr): Expr => substitute(n.body, new Map([...own, ...placesIn(n.vars, p)]))
      return reduceOver(n.op, [term], count * each === terms ? at(place) : select(place.lt(terms), at(place), constant(identityOf(n.op, e.type), e.type)))
    })
    parts.push(part)
    const p = variable(count)
    const whole = read(part, [...axes, p])
    // bools are ints between the levels
    return e.type === 'bool' ? reduceOver(reductionOp(n.op, 'bool') === 'or' ? 'max' : 'min', [p], whole).to('bool') : reduceOver(n.op, [p], whole)
  })
  return [{ ...buffer, stage: { axes, body: made, fill } }, parts]
}
