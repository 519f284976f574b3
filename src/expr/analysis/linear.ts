import type { Buffer, Expr } from '../expr.ts'
import { binary, constant, constantOf } from '../expr.ts'
import type { Table } from './table.ts'

/** An int expression as offset + sum of coefficient * atom, modulo 2^32. Atoms are canonical and neither constants, sums nor multiples. */
export interface Linear {
  readonly offset: number
  readonly terms: ReadonlyMap<Expr, number>
}

const scaled = (l: Linear, k: number): Linear =>
  k === 1 ? l : { offset: Math.imul(l.offset, k), terms: k === 0 ? new Map() : new Map([...l.terms].map(([x, c]) => [x, Math.imul(c, k)])) }

function plus(a: Linear, b: Linear): Linear {
  const terms = new Map(a.terms)
  for (const [x, c] of b.terms) {
    const k = ((terms.get(x) ?? 0) + c) | 0
    if (k === 0) terms.delete(x)
    else terms.set(x, k)
  }
  return { offset: (a.offset + b.offset) | 0, terms }
}

/** Reads an int expression as a linear form. x floordiv n * n + x floormod n is recognised as x. */
export function linearOf(table: Table, e: Expr): Linear {
  return recombined(table, parts(table, e))
}

function parts(table: Table, e: Expr): Linear {
  const c = constantOf(e)
  if (c !== undefined) return { offset: Number(c), terms: new Map() }
  const n = e.node
  if (n.kind === 'binary' && e.type === 'int') {
    if (n.op === 'add') return plus(parts(table, n.a), parts(table, n.b))
    if (n.op === 'sub') return plus(parts(table, n.a), scaled(parts(table, n.b), -1))
    if (n.op === 'mul') {
      const a = parts(table, n.a)
      const b = parts(table, n.b)
      if (a.terms.size === 0) return scaled(b, a.offset)
      if (b.terms.size === 0) return scaled(a, b.offset)
    }
  }
  if (n.kind === 'unary' && n.op === 'neg' && e.type === 'int') return scaled(parts(table, n.a), -1)
  return { offset: 0, terms: new Map([[table.intern(e), 1]]) }
}

function recombined(table: Table, l: Linear): Linear {
  for (const [x, c] of l.terms) {
    const n = x.node
    if (n.kind !== 'binary' || n.op !== 'floormod') continue
    const size = constantOf(n.b)
    if (size === undefined) continue
    const quotient = table.intern(floorDivide(n.a, Number(size)))
    const q = l.terms.get(quotient)
    if (q === undefined || Math.imul(c, Number(size)) !== q) continue
    const terms = new Map(l.terms)
    terms.delete(x)
    terms.delete(quotient)
    return recombined(table, plus({ offset: l.offset, terms }, scaled(linearOf(table, n.a), c)))
  }
  return l
}

/** x floordiv n, with (x floordiv m) floordiv n written as x floordiv m*n. */
export function floorDivide(x: Expr, n: number): Expr {
  const inner = x.node
  if (inner.kind === 'binary' && inner.op === 'floordiv') {
    const m = constantOf(inner.b)
    if (m !== undefined && Number(m) > 0 && n > 0 && Number(m) * n < 2 ** 31) return binary('floordiv', inner.a, Number(m) * n)
  }
  return binary('floordiv', x, n)
}

/** The expression of a linear form, atoms in the table's order. */
export function expressionOf(table: Table, { offset, terms }: Linear): Expr {
  let sum: Expr | undefined
  for (const [x, c] of [...terms].sort((p, q) => table.id(p[0]) - table.id(q[0]))) {
    const term = x.mul(c)
    sum = sum === undefined ? term : sum.add(term)
  }
  if (sum === undefined) return constant(offset, 'int')
  return offset === 0 ? sum : sum.add(offset)
}

/** Row-major strides of a shape. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1)
  let step = 1
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = step
    step *= shape[d]!
  }
  return strides
}

/** The position in row-major order of an element. */
export function positionOf(buffer: Pick<Buffer, 'shape'>, indices: readonly Expr[]): Expr {
  const strides = stridesOf(buffer.shape)
  return indices.reduce((sum, i, d) => (buffer.shape[d] === 1 ? sum : sum.add(i.mul(strides[d]!))), constant(0, 'int'))
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((p, n) => p * n, 1)
