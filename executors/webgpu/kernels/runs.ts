import { Bounds } from '../../../src/expr/analysis/bounds.ts'
import { expressionOf, linearOf, sizeOf } from '../../../src/expr/analysis/linear.ts'
import { simplifier } from '../../../src/expr/analysis/simplify.ts'
import { readsOf, visit } from '../../../src/expr/analysis/stages.ts'
import { flatRead, rewrite, substitute } from '../../../src/expr/analysis/substitute.ts'
import { Table } from '../../../src/expr/analysis/table.ts'
import type { Buffer, Expr, Var } from '../../../src/expr/expr.ts'
import { constant, variable } from '../../../src/expr/expr.ts'
import type { DType } from '../../../src/ir/dtype.ts'
import { nestsOf } from '../../../src/expr/nest.ts'
import { storageOf } from '../wgsl/storage.ts'
import { isContraction } from './contraction/index.ts'
import type { Kernel, KernelContext } from './kernel.ts'
import type { RowStage } from './rows.ts'
import { placesIn, rowsKernel, sharedBytes } from './rows.ts'
import type { Team } from './team.ts'
import { isLopsided, teamFor } from './team.ts'

/** Fewer terms than this are not worth a team. */
const leastTerms = 16
/** A reduction that reads each element more often than this is a contraction or a window, and not for teams. */
const mostReuse = 4

interface Draft {
  readonly buffer: Buffer
  readonly element: Var | undefined
  readonly position: Expr
  readonly value: Expr
  /** Stands for its values in later drafts. */
  readonly inside: Buffer
  /** Of its reductions and those before it, at most; elements count too. */
  readonly terms: number
}

/** Storing narrows nothing. */
const keepsValues = new Set<DType>(['float32', 'float64', 'int32', 'int64', 'uint64', 'bool'])

const isAxis = (e: Expr): e is Var => e.node.kind === 'var'

/** The terms that the reductions of a whole row have at most, how often they read an element, and whether neighbouring rows lie next to each other. */
function shapeOfReductions(table: Table, value: Expr, row: Var, inside: ReadonlySet<Buffer>): { readonly terms: number; readonly reuse: number; readonly across: boolean } {
  let terms = 0
  const sources = new Map<Buffer, boolean>()
  visit([value], e => {
    const n = e.node
    if (n.kind !== 'reduce' || [...table.free(e)].some(v => v !== row)) return
    terms = Math.max(terms, n.vars.reduce((p, v) => p * v.node.extent, 1))
    visit([n.body], x => {
      if (x.node.kind !== 'read' || !n.vars.some(v => table.free(x).has(v))) return
      const steps = linearOf(table, x.node.indices[0]!).terms
      sources.set(x.node.buffer, [...steps].some(([atom, step]) => step === 1 && table.free(atom).has(row)) && !n.vars.some(v => steps.get(v) === 1))
    })
  })
  const read = [...sources.keys()].reduce((n, b) => n + sizeOf(b.shape) * (inside.has(b) ? row.node.extent : 1), 0)
  const [largest] = [...sources].sort((a, b) => sizeOf(b[0].shape) - sizeOf(a[0].shape))
  return { terms, reuse: (terms * row.node.extent) / Math.max(1, read), across: largest?.[1] === true }
}

/** Stages over the same rows, as far as they follow one another. */
class Run {
  readonly #table = new Table()
  readonly #flat = simplifier(this.#table, undefined, true)
  readonly row: Var
  readonly drafts: Draft[] = []
  reuse = 0
  across = false

  readonly #root: (buffer: Buffer) => Buffer

  constructor(first: Buffer, root: (buffer: Buffer) => Buffer) {
    this.#root = root
    this.row = variable(sizeOf(first.shape))
    this.add(first)
  }

  /** Takes in a stage; false when it has other rows, or is none of those that a team makes. */
  add(buffer: Buffer): boolean {
    if (buffer.stage!.fill.kind !== 'map' || storageOf(buffer.dtype) === undefined) return false
    const [nest] = nestsOf(this.#table, buffer)
    if (nest === undefined || (this.drafts.length > 0 && !readsOf(buffer.stage!).some(b => this.drafts.some(d => d.buffer === b)))) return false
    const own = this.#root(buffer)
    const draft = this.#asValue(own, nest.axes, nest.value) ?? this.#asRow(own, nest.axes, nest.position, nest.value)
    if (draft === undefined) return false
    const { terms, reuse, across } = shapeOfReductions(this.#table, draft.value, this.row, new Set(this.drafts.map(d => d.inside)))
    if (this.drafts.length === 0) {
      if (terms === 0) return false
      this.across = across
      this.reuse = reuse
    } else if (reuse > mostReuse) return false
    this.drafts.push({ ...draft, terms: Math.max(terms, draft.element?.node.extent ?? 0, this.drafts.at(-1)?.terms ?? 0) })
    return true
  }

  #made(e: Expr): Draft | undefined {
    return e.node.kind === 'read' ? this.drafts.find(d => d.buffer === (e.node as { buffer: Buffer }).buffer) : undefined
  }

  /** A stage with one value for each row. */
  #asValue(buffer: Buffer, axes: readonly Var[], raw: Expr): Omit<Draft, 'terms'> | undefined {
    if (sizeOf(buffer.shape) !== this.row.node.extent) return undefined
    const value = this.#within(this.#flat(substitute(raw, placesIn(axes, this.row))))
    return value && { buffer, element: undefined, position: this.row, value, inside: { shape: [], dtype: buffer.dtype } }
  }

  /** A stage with several values for each row. */
  #asRow(buffer: Buffer, axes: readonly Var[], position: Expr, raw: Expr): Omit<Draft, 'terms'> | undefined {
    const places = this.#rowsOf(buffer, axes, raw)
    if (places === undefined) return undefined
    const apply = (e: Expr): Expr => this.#flat(substitute(this.#flat(substitute(e, places.split)), places.by))
    const value = this.#within(apply(raw))
    if (value === undefined || this.#loops(value)) return undefined
    return { buffer, element: places.element, position: apply(position), value, inside: { shape: [places.element.node.extent], dtype: buffer.dtype } }
  }

  /** Whether something is reduced for each element. */
  #loops(value: Expr): boolean {
    let found = false
    visit([value], e => {
      if (e.node.kind === 'reduce' && [...this.#table.free(e)].some(v => v !== this.row)) found = true
    })
    return found
  }

  /** How a stage's axes make up rows and elements, as the values that it reads of earlier stages tell. */
  #rowsOf(buffer: Buffer, axes: readonly Var[], value: Expr): { readonly element: Var; readonly split: ReadonlyMap<Expr, Expr>; readonly by: ReadonlyMap<Expr, Expr> } | undefined {
    const places = new Set<Expr>()
    let like: Draft | undefined
    visit([value], e => {
      const draft = this.#made(e)
      if (draft === undefined || e.node.kind !== 'read') return
      if (draft.element === undefined) places.add(e.node.indices[0]!)
      else if (sizeOf(draft.buffer.shape) === sizeOf(buffer.shape)) like = draft
    })
    if (places.size === 0) return like && { element: like.element!, split: new Map(), by: this.#likeWise(axes, like) }
    const split = new Map<Expr, Expr>()
    let apart = [...axes]
    for (const place of places)
      for (const atom of linearOf(this.#table, place).terms.keys()) {
        const n = atom.node
        if (n.kind !== 'binary' || n.op !== 'floordiv' || !isAxis(n.a) || n.b.node.kind !== 'const' || split.has(n.a)) continue
        const [axis, size] = [n.a, Number(n.b.node.value)]
        if (!axes.includes(axis) || axis.node.extent % size !== 0) continue
        const [outer, inner] = [variable(axis.node.extent / size), variable(size)]
        split.set(axis, outer.mul(size).add(inner))
        apart = apart.flatMap(v => (v === axis ? [outer, inner] : [v]))
      }
    const rows = new Set([...places].map(p => this.#table.intern(this.#flat(substitute(p, split)))))
    const [place] = rows
    if (rows.size !== 1) return undefined
    const { offset, terms } = linearOf(this.#table, place!)
    const outer = [...terms].sort((a, b) => b[1] - a[1])
    let next = 1
    for (const [v, step] of [...outer].reverse()) {
      if (!isAxis(v) || !apart.includes(v) || step !== next) return undefined
      next *= v.node.extent
    }
    if (offset !== 0 || next !== this.row.node.extent) return undefined
    const inner = apart.filter(v => !terms.has(v))
    const element = variable(inner.reduce((n, v) => n * v.node.extent, 1))
    return { element, split, by: new Map([...placesIn(outer.map(o => o[0] as Var), this.row), ...placesIn(inner, element)]) }
  }

  /** Axes of a stage of the same elements as an earlier one's: the first make rows where that fits, or all follow its positions. */
  #likeWise(axes: readonly Var[], { element, position }: Draft): Map<Expr, Expr> {
    const size = element!.node.extent
    let inner = 0
    for (let n = 1; n < size && inner < axes.length; inner++) n *= axes[axes.length - 1 - inner]!.node.extent
    const last = axes.slice(axes.length - inner)
    const inRows = this.#table.intern(this.#flat(position)) === this.#table.intern(this.#flat(this.row.mul(size).add(element!)))
    if (!inRows || last.reduce((n, v) => n * v.node.extent, 1) !== size) return placesIn(axes, position)
    return new Map([...placesIn(axes.slice(0, axes.length - inner), this.row), ...placesIn(last, element!)])
  }

  /** The expression with reads of earlier stages at the row at hand by what stands for them; undefined if it reads them elsewhere. */
  #within(value: Expr): Expr | undefined {
    let fits = true
    const bounds = new Bounds()
    const to = rewrite(value, e => {
      const draft = this.#made(e)
      if (draft === undefined || e.node.kind !== 'read') return e
      const at = e.node.indices[0]!
      if (draft.element === undefined) {
        if (this.#table.intern(at) !== this.#table.intern(this.row)) fits = false
        return flatRead(draft.inside, constant(0, 'int'))
      }
      const home = linearOf(this.#table, draft.position)
      const step = home.terms.get(draft.element)
      const rest = linearOf(this.#table, at.sub(expressionOf(this.#table, { offset: home.offset, terms: new Map([...home.terms].filter(([x]) => x !== draft.element)) })))
      const shares = [...home.terms.keys()].some(x => x !== draft.element && this.#table.free(x).has(draft.element!))
      if (step === undefined || shares || [rest.offset, ...rest.terms.values()].some(k => k % step !== 0) || [...rest.terms.keys()].some(x => this.#table.free(x).has(this.row))) fits = false
      if (!fits) return e
      const place = expressionOf(this.#table, { offset: rest.offset / step!, terms: new Map([...rest.terms].map(([x, k]) => [x, k / step!])) })
      const [low, high] = bounds.of(place)
      if (low < 0 || high >= draft.element.node.extent) fits = false
      return flatRead(draft.inside, place)
    })
    return fits ? this.#table.intern(to) : undefined
  }

  /** The stages as they are written when only some are seen from outside; undefined where one that must be can't be. */
  stages(count: number, seen: (buffer: Buffer) => boolean, team: Team, bytes: number): RowStage[] | undefined {
    const { row } = this
    const drafts = this.drafts.slice(0, count)
    const made = drafts.map((d, i): RowStage => {
      const used = drafts.slice(i + 1).some(later => readsOfExpr(later.value).has(d.inside))
      return { buffer: d.buffer, row, element: d.element, position: d.position, value: d.value, seen: seen(d.buffer), inside: used ? d.inside : undefined }
    })
    if (sharedBytes(made, team) > bytes)
      for (const [i, s] of made.entries()) {
        if (!s.inside || !s.element) continue
        // too large to share: made again, or through memory where storing narrows
        const again = keepsValues.has(s.buffer.dtype)
        const back = (e: Expr): Expr =>
          rewrite(e, x => (x.node.kind === 'read' && x.node.buffer === s.inside ? substitute(again ? s.value : flatRead(s.buffer, s.position), new Map([[s.element as Expr, x.node.indices[0]!]])) : x))
        made[i] = { ...s, inside: undefined, seen: s.seen || !again }
        for (let j = i + 1; j < made.length; j++) made[j] = { ...made[j]!, value: this.#flat(back(made[j]!.value)) }
      }
    const writable = made.every(s => {
      if (!s.seen) return true
      const { packed } = storageOf(s.buffer.dtype)!
      if (packed === 1) return true
      if (!s.element || s.element.node.extent % packed !== 0) return false
      return this.#table.intern(this.#flat(s.position)) === this.#table.intern(this.#flat(row.mul(s.element.node.extent).add(s.element)))
    })
    return writable ? made.filter(s => s.seen || s.inside) : undefined
  }
}

function readsOfExpr(value: Expr): Set<Buffer> {
  const found = new Set<Buffer>()
  visit([value], e => (e.node.kind === 'read' ? found.add(e.node.buffer) : 0))
  return found
}

/**
 * Takes the stages from `at` on that have the same rows (the reductions of softmax or of a normalisation, and what is made
 * of them) as one kernel: each row by a team of invocations, with what only they read kept from memory. `outputs` are
 * seen from outside. Undefined where the first is no reduction for teams.
 */
export function rowsOf(order: readonly Buffer[], at: number, outputs: readonly Buffer[], context: KernelContext): { readonly count: number; readonly kernel: Kernel } | undefined {
  const { profile } = context
  const first = order[at]!
  const { fill } = first.stage!
  if (fill.kind !== 'map') return undefined
  const run = new Run(first, context.root)
  if (run.drafts.length === 0 || run.reuse > mostReuse) return undefined
  const rows = run.row.node.extent
  while (at + run.drafts.length < order.length && run.add(order[at + run.drafts.length]!));
  while (run.drafts.length > 0 && isLopsided(rows, run.drafts.at(-1)!.terms, profile)) run.drafts.pop()
  const terms = Math.max(0, ...run.drafts.map(d => d.terms))
  const team = teamFor({ count: rows, terms, across: run.across }, profile)
  for (let count = run.drafts.length; count > 0; count--) {
    if (count === 1 && (team.lanes === 1 || terms < leastTerms || isContraction(first))) return undefined
    const later = new Set(order.slice(at + count).flatMap(b => readsOf(b.stage!)))
    const stages = run.stages(count, b => outputs.includes(b) || later.has(b), team, profile.workgroupBytes)
    if (stages === undefined) continue
    const kernel = rowsKernel(context, stages, team, count === 1 ? 'reduce' : 'rows')
    if (kernel.bindings.length <= profile.storageBuffers) return { count, kernel }
  }
  return undefined
}
