import type { Expr } from '../expr.ts'
import { binary, constant, constantOf, select } from '../expr.ts'
import { Bounds, type Ranges } from './bounds.ts'
import { expressionOf, floorDivide, linearOf, positionOf, type Linear } from './linear.ts'
import { flatRead, rewrite } from './substitute.ts'
import type { Table } from './table.ts'

/** Neither end is where a sum would wrap, so that it is the true sum. */
const within = ([low, high]: readonly [number, number]): boolean => low > -(2 ** 31) && high < 2 ** 31 - 1

/**
 * Rewrites expressions knowing the ranges of their variables: fixed integers become constants, decided selects, minima and
 * divisions disappear, sums of indices get one form. With `flat`, reads are by position in row-major order.
 */
export function simplifier(table: Table, ranges?: Ranges, flat = false): (e: Expr) => Expr {
  const bounds = new Bounds(ranges)
  const memo = new Map<Expr, Expr>()
  const linear = (e: Expr): Linear => linearOf(table, e)

  function divide(x: Expr, n: number, op: 'floordiv' | 'floormod'): Expr {
    if (!within(bounds.of(x))) return binary(op, x, n)
    const l = linear(x)
    const whole = new Map<Expr, number>()
    const rest = new Map<Expr, number>()
    for (const [y, c] of l.terms) {
      const low = ((c % n) + n) % n
      if (low !== c && low === 0) whole.set(y, c / n)
      else rest.set(y, c)
    }
    const lowOffset = ((l.offset % n) + n) % n
    const r = table.intern(expressionOf(table, { offset: lowOffset, terms: rest }))
    const q: Linear = { offset: (l.offset - lowOffset) / n, terms: whole }
    const range = bounds.of(r)
    if (!within(range)) return binary(op, x, n)
    const inside = range[0] >= 0 && range[1] < n
    if (op === 'floormod') return inside ? r : binary('floormod', r, n)
    const quotient = expressionOf(table, q)
    return inside ? quotient : expressionOf(table, linear(quotient.add(floorDivide(r, n))))
  }

  function compareInts(e: Expr, op: 'lt' | 'le' | 'eq' | 'ne', a: Expr, b: Expr): Expr {
    if (!within(bounds.of(a)) || !within(bounds.of(b))) return e
    const difference = table.intern(expressionOf(table, linear(a.sub(b))))
    const fixed = bounds.fixed(table.intern(binary(op, difference, 0)))
    return fixed === undefined ? e : constant(fixed, 'bool')
  }

  const step = (raw: Expr): Expr => {
    let e = table.intern(raw)
    const n = e.node
    if (n.kind === 'const') return e
    if (n.kind === 'var') {
      const [low, high] = bounds.of(e)
      return low === high ? table.intern(constant(low, 'int')) : e
    }
    if (n.kind === 'read') {
      const position = n.indices.length === n.buffer.shape.length && flat ? positionOf(n.buffer, n.indices) : undefined
      return position === undefined ? e : table.intern(flatRead(n.buffer, table.intern(expressionOf(table, linear(position)))))
    }
    if (e.type === 'int' || e.type === 'bool') {
      const fixed = bounds.fixed(e)
      if (fixed !== undefined) return table.intern(constant(fixed, e.type))
    }
    if (n.kind === 'binary' && n.a.type === 'int') e = integers(e, n.op, n.a, n.b)
    else if (n.kind === 'select') {
      const c = bounds.fixed(n.condition)
      if (c !== undefined) e = c ? n.a : n.b
      else if (n.condition.node.kind === 'unary' && n.condition.node.op === 'not') e = select(n.condition.node.a, n.b, n.a)
    }
    return table.intern(e)
  }

  function integers(e: Expr, op: string, a: Expr, b: Expr): Expr {
    const divisor = constantOf(b)
    const [low, high] = bounds.of(a)
    switch (op) {
      case 'add': case 'sub': case 'mul': return expressionOf(table, linear(e))
      case 'floordiv': case 'floormod': return divisor !== undefined && Number(divisor) > 0 ? divide(a, Number(divisor), op) : e
      case 'div': case 'rem': return divisor !== undefined && Number(divisor) > 0 && low >= 0 ? divide(a, Number(divisor), op === 'div' ? 'floordiv' : 'floormod') : e
      case 'min': case 'max': {
        const other = bounds.of(b)
        if (high <= other[0]) return op === 'min' ? a : b
        if (other[1] <= low) return op === 'min' ? b : a
        return e
      }
      case 'lt': case 'le': case 'eq': case 'ne': return compareInts(e, op, a, b)
      default: return e
    }
  }

  return e => rewrite(table.intern(e), step, memo)
}
