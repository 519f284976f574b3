import type { BinaryOp, Expr, UnaryOp } from '../expr.ts'
import { binary, cast, constant, constantOf, reduceOver, select, unary } from '../expr.ts'
import { Bounds } from './bounds.ts'
import { rewrite } from './substitute.ts'

const isLong = (e: Expr): boolean => e.type === 'long' || e.type === 'ulong'
const fits = ([low, high]: readonly [number, number]): boolean => low >= -(2 ** 31) && high < 2 ** 31

/** The same in 32 bits as in 64 when operands and result fit; for the last four, when the operands do. */
const narrowable = new Set<BinaryOp>(['add', 'sub', 'mul', 'min', 'max', 'div', 'rem', 'floordiv', 'floormod', 'and', 'or', 'xor', 'shr'])
const compares = new Set<BinaryOp>(['lt', 'le', 'eq', 'ne'])
const unaries = new Set<UnaryOp>(['neg', 'abs', 'sign', 'not', 'floor', 'ceil', 'trunc', 'round'])
/** The low word of the result depends on the low words of the operands alone. */
const modular = new Set<BinaryOp>(['add', 'sub', 'mul', 'and', 'or', 'xor'])

/**
 * Computes 64-bit integers in 32 bits where bounds prove that nothing is lost, and where only the low word is asked for.
 * For targets without 64-bit integers; values stay the same.
 */
export function narrowLongs(e: Expr): Expr {
  const bounds = new Bounds()
  const lows = new Map<Expr, Expr>()

  /** The int that a long is the widening of. */
  const intOf = (x: Expr): Expr | undefined => {
    const c = constantOf(x)
    if (c !== undefined) return Number(c) >= -(2 ** 31) && Number(c) < 2 ** 31 ? constant(Number(c), 'int') : undefined
    if (x.node.kind !== 'cast' || (x.node.a.type !== 'int' && x.node.a.type !== 'bool')) return undefined
    return x.type === 'ulong' && bounds.of(x.node.a)[0] < 0 ? undefined : cast(x.node.a, 'int')
  }

  /** The low word of a long. */
  const low = (x: Expr): Expr => {
    let found = lows.get(x)
    if (found === undefined) lows.set(x, (found = lowOf(x)))
    return found
  }
  const lowOf = (x: Expr): Expr => {
    const n = x.node
    if (n.kind === 'const') return constant(Number(BigInt.asIntN(32, BigInt(n.value))), 'int')
    if (n.kind === 'cast' && (n.a.type === 'int' || n.a.type === 'bool')) return cast(n.a, 'int')
    if (n.kind === 'cast' && isLong(n.a)) return low(n.a)
    if (n.kind === 'binary' && modular.has(n.op)) return binary(n.op, low(n.a), low(n.b))
    if (n.kind === 'unary' && (n.op === 'neg' || n.op === 'not')) return unary(n.op, low(n.a))
    if (n.kind === 'select') return select(n.condition, low(n.a), low(n.b))
    return cast(x, 'int')
  }

  const step = (x: Expr): Expr => {
    const n = x.node
    if (n.kind === 'cast' && isLong(n.a)) {
      if (x.type === 'int') return low(n.a)
      const a = constantOf(n.a) === undefined ? intOf(n.a) : undefined
      return a === undefined ? x : cast(a, x.type)
    }
    if (n.kind === 'binary' && compares.has(n.op) && isLong(n.a)) {
      const [a, b] = [intOf(n.a), intOf(n.b)]
      return a && b ? binary(n.op, a, b) : x
    }
    if (!isLong(x) || n.kind === 'const' || n.kind === 'cast') return x
    if (!fits(bounds.of(x)) && !(n.kind === 'binary' && ['and', 'or', 'xor', 'shr'].includes(n.op))) return x
    const made = narrow(x)
    return made === undefined ? x : cast(made, x.type)
  }

  const narrow = (x: Expr): Expr | undefined => {
    const n = x.node
    switch (n.kind) {
      case 'read': return cast(x, 'int')
      case 'binary': {
        const [a, b] = [intOf(n.a), intOf(n.b)]
        return a && b && narrowable.has(n.op) ? binary(n.op, a, b) : undefined
      }
      case 'unary': {
        const a = intOf(n.a)
        return a && unaries.has(n.op) && (x.type === 'long' || n.op !== 'not') ? unary(n.op, a) : undefined
      }
      case 'select': {
        const [a, b] = [intOf(n.a), intOf(n.b)]
        return a && b && select(n.condition, a, b)
      }
      case 'reduce': {
        const a = intOf(n.body)
        return a && n.op !== 'prod' && n.vars.every(v => v.node.extent > 0) ? reduceOver(n.op, n.vars, a) : undefined
      }
      default: return undefined
    }
  }
  return rewrite(e, step)
}
