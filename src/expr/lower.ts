import type { BinaryOp, Buffer, Expr, ReduceOp, Scalar, Var } from './expr.ts'
import { constant, select as selectOf } from './expr.ts'
import { Bounds } from './analysis/bounds.ts'
import { expressionOf, linearOf, sizeOf } from './analysis/linear.ts'
import { conjunctsOf, identityOf } from './analysis/guards.ts'
import { simplifier } from './analysis/simplify.ts'
import { childrenOf, type Table } from './analysis/table.ts'
import type { Local, Statement, Term } from './loop.ts'
import type { Nest } from './nest.ts'

export interface LowerOptions {
  /** Turn a guard whose other side is the reduction's identity into the bounds of its loop. */
  readonly guardsToBounds?: boolean
  /** A read outside of its buffer gives anything, and harms nothing, as on a GPU. */
  readonly readsAnywhere?: boolean
  /** Positions are sums of what stays and what loops move, so that neighbours share the latter; else they are summed loop by loop. */
  readonly stepsApart?: boolean
}

/** A value for a position of a buffer, written where the condition holds. */
export interface Write {
  readonly buffer: Buffer
  readonly position: Expr
  readonly value: Expr
  readonly condition?: Expr
}

interface Scope {
  readonly vars: readonly Var[]
  readonly out: Statement[]
  readonly memo: Map<Expr, Term>
  /** Entered only where a condition holds. */
  readonly guarded: boolean
}

const scope = (vars: readonly Var[], guarded = false): Scope => ({ vars, out: [], memo: new Map(), guarded })

/**
 * Turns a nest into loops: what does not depend on a loop is computed before it, positions are summed loop by loop, and
 * what may only be computed where a condition holds stays there.
 */
export function lowerNest(table: Table, nest: Nest, options: LowerOptions = {}): Statement[] {
  return new Lowering(table, options).nest(nest)
}

/** Statements that make what a nest makes at one setting of its first `open` axes, and the locals that hold these. For a GPU: selects compute both sides. */
export function lowerOpen(table: Table, nest: Nest, open: number): { readonly counters: readonly Local[]; readonly statements: Statement[] } {
  const lowering = new Lowering(table, { readsAnywhere: true })
  const counters = nest.axes.slice(0, open).map(axis => lowering.open(axis))
  return { counters, statements: lowering.nest(nest, open) }
}

/** Statements that make several writes, where locals hold some variables. Reductions over the same variables run in one loop. */
export function lowerWrites(table: Table, held: ReadonlyMap<Var, Local>, writes: readonly Write[], options: LowerOptions = {}): Statement[] {
  return new Lowering(table, options, held).writes(writes)
}

class Lowering {
  readonly #table: Table
  readonly #options: LowerOptions
  readonly #bounds = new Bounds()
  readonly #uses = new Map<Expr, number>()
  readonly #counters: Map<Var, Local>
  readonly #safe = new Map<Expr, boolean>()
  #scopes: Scope[] = [scope([])]
  #locals = 0
  /** Reductions that share a loop. */
  readonly #joined = new Map<Expr, readonly Expr[]>()

  constructor(table: Table, options: LowerOptions, held: ReadonlyMap<Var, Local> = new Map()) {
    this.#table = table
    this.#options = options
    this.#counters = new Map(held)
    for (const { id } of held.values()) this.#locals = Math.max(this.#locals, id + 1)
  }

  /** The local of an axis that the caller runs over. */
  open(axis: Var): Local {
    const local = this.#local('int')
    this.#counters.set(axis, local)
    return local
  }

  nest(nest: Nest, open = 0): Statement[] {
    const value = this.#table.intern(nest.value)
    const position = this.#table.intern(nest.position)
    this.#countUses(value)
    const loops = (d: number): void => {
      const axis = nest.axes[d]
      if (axis === undefined) return this.#write(nest, position, value)
      if (nest.scan !== undefined && d === nest.axes.length - 1) return this.#scan(nest.scan, axis, nest, position, value)
      this.#loop(axis, constTerm(0, 'int'), constTerm(axis.node.extent, 'int'), 'axis', false, () => loops(d + 1))
    }
    loops(open)
    return this.#scopes[0]!.out
  }

  writes(list: readonly Write[]): Statement[] {
    const values = list.map(w => this.#table.intern(w.value))
    const groups = new Map<string, Set<Expr>>()
    const join = (e: Expr): void => {
      const n = e.node
      if (n.kind !== 'reduce') return childrenOf(e).forEach(join)
      const key = [n.op, e.type, ...n.vars.map(v => this.#table.id(v))].join()
      groups.set(key, (groups.get(key) ?? new Set()).add(e))
    }
    for (const v of values) {
      this.#countUses(v)
      join(v)
    }
    for (const group of groups.values()) for (const e of group) this.#joined.set(e, [...group])
    for (const [i, { buffer, position, condition }] of list.entries()) {
      const store: Statement = { kind: 'store', buffer, index: this.#value(position), value: this.#value(values[i]!) }
      this.#emit(condition === undefined ? store : { kind: 'if', condition: this.#value(condition), body: [store], otherwise: [] })
    }
    return this.#scopes[0]!.out
  }

  #write(nest: Nest, position: Expr, value: Expr): void {
    const at = this.#value(position)
    const v = this.#value(value)
    const type = v.type
    if (nest.op === 'set') return this.#emit({ kind: 'store', buffer: nest.buffer, index: at, value: v })
    const index = this.#keep(at, 'int')
    const old: Term = { kind: 'load', type, buffer: nest.buffer, index }
    this.#emit({ kind: 'store', buffer: nest.buffer, index, value: { kind: 'binary', type, op: nest.op, a: old, b: v } })
  }

  #scan(op: ReduceOp, axis: Var, nest: Nest, position: Expr, value: Expr): void {
    const total = this.#variable(value.type, identityOf(op, value.type))
    this.#loop(axis, constTerm(0, 'int'), constTerm(axis.node.extent, 'int'), 'axis', false, () => {
      this.#emit({ kind: 'set', local: total, value: combine(op, total, this.#value(value)) })
      this.#emit({ kind: 'store', buffer: nest.buffer, index: this.#value(position), value: localTerm(total) })
    })
  }

  get #top(): Scope {
    return this.#scopes.at(-1)!
  }
  #emit(s: Statement): void {
    this.#top.out.push(s)
  }
  #local(type: Scalar): Local {
    return { id: this.#locals++, type }
  }
  #variable(type: Scalar, start: number | bigint): Local {
    const local = this.#local(type)
    this.#emit({ kind: 'var', local, value: constTerm(start, type) })
    return local
  }
  #keep(value: Term, type: Scalar): Term {
    if (value.kind === 'local' || value.kind === 'const') return value
    const local = this.#local(type)
    this.#emit({ kind: 'let', local, value })
    return localTerm(local)
  }

  #loop(v: Var, from: Term, to: Term, role: 'axis' | 'reduce', guarded: boolean, body: () => void): void {
    let local = this.#counters.get(v)
    if (local === undefined) this.#counters.set(v, (local = this.#local('int')))
    const inner = this.#inside(scope([v], guarded), body)
    this.#emit({ kind: 'for', local, from, to, body: inner, role })
  }

  #inside(s: Scope, f: () => void): Statement[] {
    this.#scopes.push(s)
    f()
    this.#scopes.pop()
    return s.out
  }

  /** Runs `f` as if only the loops up to `level` were open. */
  #at<R>(level: number, f: () => R): R {
    const all = this.#scopes
    this.#scopes = all.slice(0, level + 1)
    const result = f()
    this.#scopes = all
    return result
  }

  #countUses(e: Expr): void {
    const n = this.#uses.get(e) ?? 0
    this.#uses.set(e, n + 1)
    if (n === 0) childrenOf(e).forEach(c => this.#countUses(c))
  }

  /** May be computed where its value is not wanted: reads stay inside their buffers, nothing divides by zero, nothing loops. */
  #isSafe(e: Expr): boolean {
    let safe = this.#safe.get(e)
    if (safe === undefined) {
      const n = e.node
      safe = n.kind !== 'reduce' && childrenOf(e).every(c => this.#isSafe(c))
      if (safe && n.kind === 'read' && !this.#options.readsAnywhere) {
        const [low, high] = this.#bounds.of(n.indices[0]!)
        safe = low >= 0 && high < sizeOf(n.buffer.shape)
      }
      if (safe && n.kind === 'binary' && (n.op === 'floordiv' || n.op === 'floormod')) safe = n.b.node.kind === 'const' && Number(n.b.node.value) !== 0
      this.#safe.set(e, safe)
    }
    return safe
  }

  /** The outermost open scope where an expression can be computed. */
  #levelOf(e: Expr): number {
    const free = this.#table.free(e)
    const safe = this.#isSafe(e)
    for (let i = this.#scopes.length - 1; i > 0; i--) {
      const s = this.#scopes[i]!
      if ((!safe && s.guarded) || s.vars.some(v => free.has(v))) return i
    }
    return 0
  }

  #value(x: Expr): Term {
    const e = this.#table.intern(x)
    const n = e.node
    if (n.kind === 'const') return constTerm(n.value, e.type)
    if (n.kind === 'var') return localTerm(this.#counters.get(e as Var)!)
    const level = this.#levelOf(e)
    for (let i = level; i < this.#scopes.length; i++) {
      const known = this.#scopes[i]!.memo.get(e)
      if (known !== undefined) return known
    }
    if (level < this.#scopes.length - 1) return this.#at(level, () => this.#held(e))
    return n.kind === 'reduce' || (this.#uses.get(e) ?? 0) > 1 ? this.#held(e) : this.#compute(e)
  }

  #held(e: Expr): Term {
    const known = this.#top.memo.get(e)
    if (known !== undefined) return known
    const joined = this.#joined.get(e)?.filter(x => this.#levelOf(x) === this.#scopes.length - 1)
    if (joined && joined.length > 1) return this.#together(joined, e)
    const term = this.#keep(this.#compute(e), e.type)
    this.#top.memo.set(e, term)
    return term
  }

  #compute(e: Expr): Term {
    const n = e.node
    const type = e.type
    switch (n.kind) {
      case 'const': return constTerm(n.value, type)
      case 'var': return localTerm(this.#counters.get(e as Var)!)
      case 'read': return { kind: 'load', type, buffer: n.buffer, index: this.#value(n.indices[0]!) }
      case 'binary':
        if (type === 'int' && (n.op === 'add' || n.op === 'sub' || n.op === 'mul') && linearOf(this.#table, e).terms.get(e) !== 1) return this.#sum(e)
        return { kind: 'binary', type, op: n.op, a: this.#value(n.a), b: this.#value(n.b) }
      case 'unary': return { kind: 'unary', type, op: n.op, a: this.#value(n.a) }
      case 'cast': return { kind: 'cast', type, a: this.#value(n.a) }
      case 'select': return this.#select(n.condition, n.a, n.b, type)
      case 'reduce': return this.#reduce(n.op, n.vars.filter(v => v.node.extent !== 1), n.body, type)
    }
  }

  /** A sum of indices, its parts added where their loops open. */
  #sum(e: Expr): Term {
    const { offset, terms } = linearOf(this.#table, e)
    const own = this.#scopes.length - 1
    const levels = new Map<number, Map<Expr, number>>()
    for (const [x, c] of terms) {
      const level = Math.min(this.#levelOf(x), own)
      levels.set(level, (levels.get(level) ?? new Map<Expr, number>()).set(x, c))
    }
    if (this.#options.stepsApart && levels.size > 1) {
      const least = Math.min(...levels.keys())
      const [stays, moves] = [levels.get(least)!, new Map([...terms].filter(([x]) => !levels.get(least)!.has(x)))]
      const part = (x: Expr, level: number): Term => this.#at(level, () => (x.node.kind === 'var' ? this.#value(x) : this.#held(x)))
      const base = part(this.#table.intern(expressionOf(this.#table, { offset: 0, terms: stays })), least)
      return intTerm('add', base, part(this.#table.intern(expressionOf(this.#table, { offset, terms: moves })), own))
    }
    const before = new Map<Expr, number>()
    let sum: Term = constTerm(offset, 'int')
    for (const [level, group] of [...levels].sort((p, q) => p[0] - q[0])) {
      for (const [x, c] of group) before.set(x, c)
      const previous: Term = sum
      const extended = (): Term => {
        let s = previous
        for (const [x, c] of group) {
          const v = this.#value(x)
          const step: Term = c === 1 ? v : intTerm('mul', v, constTerm(c, 'int'))
          s = s.kind === 'const' ? (s.value === 0 ? step : intTerm('add', step, s)) : intTerm('add', s, step)
        }
        return s
      }
      if (level === own) sum = extended()
      else
        sum = this.#at(level, () => {
          const key = this.#table.intern(expressionOf(this.#table, { offset, terms: before }))
          const known = this.#top.memo.get(key)
          if (known !== undefined) return known
          const term = this.#keep(extended(), 'int')
          this.#top.memo.set(key, term)
          return term
        })
    }
    return sum
  }

  #select(condition: Expr, a: Expr, b: Expr, type: Scalar): Term {
    const c = this.#value(condition)
    if (this.#isSafe(a) && this.#isSafe(b)) return { kind: 'select', type, condition: c, a: this.#value(a), b: this.#value(b) }
    const result = this.#local(type)
    const side = (e: Expr): Statement[] => this.#inside(scope([], true), () => this.#emit({ kind: 'set', local: result, value: this.#value(e) }))
    this.#emit({ kind: 'var', local: result, value: constTerm(0, type) })
    this.#emit({ kind: 'if', condition: c, body: side(a), otherwise: side(b) })
    return localTerm(result)
  }

  #reduce(op: ReduceOp, vars: readonly Var[], body: Expr, type: Scalar): Term {
    const identity = identityOf(op, type)
    if (vars.some(v => v.node.extent === 0)) return constTerm(identity, type)
    const total = this.#variable(type, identity)
    const limits = new Map<Var, { readonly from: Expr; readonly to: Expr }>()
    const inner = this.#options.guardsToBounds ? this.#boundsFromGuard(op, vars, body, limits) : body
    const loops = (d: number): void => {
      const v = vars[d]
      if (v === undefined) return this.#emit({ kind: 'set', local: total, value: combine(op, total, this.#value(inner)) })
      const limit = limits.get(v)
      if (limit === undefined) return this.#loop(v, constTerm(0, 'int'), constTerm(v.node.extent, 'int'), 'reduce', false, () => loops(d + 1))
      this.#loop(v, this.#value(limit.from), this.#value(limit.to), 'reduce', true, () => loops(d + 1))
    }
    loops(0)
    return localTerm(total)
  }

  /** Reductions over the same variables, in one loop. Gives one of them. */
  #together(all: readonly Expr[], wanted: Expr): Term {
    const parts = all.map(e => {
      if (e.node.kind !== 'reduce') throw new TypeError('not a reduction')
      return { e, op: e.node.op, body: e.node.body, total: this.#variable(e.type, identityOf(e.node.op, e.type)) }
    })
    const { node } = wanted
    const vars = node.kind === 'reduce' ? node.vars.filter(v => v.node.extent !== 1) : []
    const loops = (d: number): void => {
      const v = vars[d]
      if (v !== undefined) return this.#loop(v, constTerm(0, 'int'), constTerm(v.node.extent, 'int'), 'reduce', false, () => loops(d + 1))
      for (const { op, body, total } of parts) this.#emit({ kind: 'set', local: total, value: combine(op, total, this.#value(body)) })
    }
    loops(0)
    for (const { e, total } of parts) this.#top.memo.set(e, localTerm(total))
    return this.#top.memo.get(wanted)!
  }

  /** Collects loop limits from `select(guard, x, identity)`; gives what remains to be computed inside. */
  #boundsFromGuard(op: ReduceOp, vars: readonly Var[], body: Expr, limits: Map<Var, { readonly from: Expr; readonly to: Expr }>): Expr {
    const n = body.node
    if (n.kind !== 'select' || n.b.node.kind !== 'const' || !Object.is(n.b.node.value, identityOf(op, body.type))) return body
    const tidy = simplifier(this.#table)
    const rest: Expr[] = []
    for (const c of conjunctsOf(this.#table, n.condition)) {
      const v = c.atLeastZero && vars.findLast(x => c.atLeastZero!.terms.has(x))
      const others = v && [...c.atLeastZero!.terms.keys()].filter(x => x !== v)
      const inside = v && vars.slice(vars.indexOf(v))
      if (!v || others!.some(x => inside!.some(w => this.#table.free(x).has(w)))) {
        rest.push(c.condition)
        continue
      }
      const k = c.atLeastZero!.terms.get(v)!
      const terms = new Map([...c.atLeastZero!.terms].filter(([x]) => x !== v))
      const q = expressionOf(this.#table, { offset: c.atLeastZero!.offset, terms })
      const old = limits.get(v) ?? { from: constant(0, 'int'), to: constant(v.node.extent, 'int') }
      limits.set(v, k > 0 ? { ...old, from: tidy(old.from.max(q.floordiv(k).neg())) } : { ...old, to: tidy(old.to.min(q.floordiv(-k).add(1))) })
    }
    if (limits.size === 0) return body
    const inner = rest.length === 0 ? n.a : this.#table.intern(selectOf(rest.reduce((a, b) => a.and(b)), n.a, n.b))
    this.#countUses(inner)
    return inner
  }
}

export const constTerm = (value: number | bigint, type: Scalar): Term => ({ kind: 'const', type, value: type === 'long' || type === 'ulong' ? BigInt(value) : value })
export const localTerm = (local: Local): Term => ({ kind: 'local', type: local.type, local })
const intTerm = (op: 'add' | 'mul', a: Term, b: Term): Term => ({ kind: 'binary', type: 'int', op, a, b })

const reduceOps = { sum: 'add', prod: 'mul', max: 'max', min: 'min', or: 'or', and: 'and' } as const

/** The operator that puts the terms of a reduction together. */
export function reductionOp(op: ReduceOp, type: Scalar): BinaryOp {
  if (type === 'bool') return op === 'sum' || op === 'max' ? 'or' : op === 'prod' || op === 'min' ? 'and' : reduceOps[op]
  return reduceOps[op]
}

const combine = (op: ReduceOp, total: Local, value: Term): Term => ({ kind: 'binary', type: total.type, op: reductionOp(op, total.type), a: localTerm(total), b: value })
