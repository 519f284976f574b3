import type { Buffer, Expr as ExprType, Var } from '../expr.ts'
import { Expr } from '../expr.ts'

const none: ReadonlySet<Var> = new Set()

/** The operands of an expression, in order. */
export function childrenOf(e: ExprType): readonly ExprType[] {
  const n = e.node
  switch (n.kind) {
    case 'const': case 'var': return []
    case 'read': return n.indices
    case 'binary': return [n.a, n.b]
    case 'unary': case 'cast': return [n.a]
    case 'select': return [n.condition, n.a, n.b]
    case 'reduce': return [n.body]
  }
}

/** The same node over other operands, not simplified. */
export function withChildren(e: ExprType, c: readonly ExprType[]): ExprType {
  const n = e.node
  switch (n.kind) {
    case 'const': case 'var': return e
    case 'read': return new Expr(e.type, { ...n, indices: c })
    case 'binary': return new Expr(e.type, { ...n, a: c[0]!, b: c[1]! })
    case 'unary': return new Expr(e.type, { ...n, a: c[0]! })
    case 'cast': return new Expr(e.type, { ...n, a: c[0]! })
    case 'select': return new Expr(e.type, { ...n, condition: c[0]!, a: c[1]!, b: c[2]! })
    case 'reduce': return new Expr(e.type, { ...n, body: c[0]! })
  }
}

/**
 * The distinct expressions of one compilation: `intern` gives structurally equal expressions one object, so that identity
 * decides equality. A table lives as long as the compilation that made it.
 */
export class Table {
  readonly #ids = new Map<ExprType, number>()
  readonly #canonical = new Map<ExprType, ExprType>()
  readonly #byKey = new Map<string, ExprType>()
  readonly #buffers = new Map<Buffer, number>()
  readonly #free = new Map<ExprType, ReadonlySet<Var>>()

  intern(e: ExprType): ExprType {
    const known = this.#canonical.get(e)
    if (known !== undefined) return known
    const old = childrenOf(e)
    const children = old.map(c => this.intern(c))
    const key = this.#keyOf(e, children)
    let canonical = this.#byKey.get(key)
    if (canonical === undefined) {
      canonical = old.every((c, i) => c === children[i]) ? e : withChildren(e, children)
      this.#byKey.set(key, canonical)
      this.#ids.set(canonical, this.#ids.size)
      this.#canonical.set(canonical, canonical)
    }
    this.#canonical.set(e, canonical)
    return canonical
  }

  /** A number for a canonical expression; operands have smaller numbers. */
  id(e: ExprType): number {
    return this.#ids.get(this.intern(e))!
  }

  /** The variables an expression depends on, those of its own reductions apart. */
  free(x: ExprType): ReadonlySet<Var> {
    const e = this.intern(x)
    const known = this.#free.get(e)
    if (known !== undefined) return known
    const n = e.node
    let result: ReadonlySet<Var>
    if (n.kind === 'var') result = new Set([e as Var])
    else {
      const parts = childrenOf(e).map(c => this.free(c)).filter(s => s.size > 0)
      result = parts.length === 0 ? none : parts.length === 1 && n.kind !== 'reduce' ? parts[0]! : new Set(parts.flatMap(s => [...s]))
      if (n.kind === 'reduce') for (const v of n.vars) (result as Set<Var>).delete(v)
    }
    this.#free.set(e, result)
    return result
  }

  #keyOf(e: ExprType, children: readonly ExprType[]): string {
    const n = e.node
    const c = children.map(x => this.#ids.get(x)).join()
    switch (n.kind) {
      case 'const': return `c${e.type}${Object.is(n.value, -0) ? '-0' : n.value}`
      case 'var': return `v${this.#numberOf(e as unknown as Buffer)}`
      case 'read': return `r${this.#numberOf(n.buffer)}[${c}`
      case 'binary': case 'unary': return `${n.op}(${c}`
      case 'cast': return `${e.type}(${c}`
      case 'select': return `?(${c}`
      case 'reduce': return `${n.op}{${n.vars.map(v => this.#numberOf(v as unknown as Buffer)).join()}}${c}`
    }
  }

  #numberOf(thing: Buffer): number {
    let k = this.#buffers.get(thing)
    if (k === undefined) this.#buffers.set(thing, (k = this.#buffers.size))
    return k
  }
}
