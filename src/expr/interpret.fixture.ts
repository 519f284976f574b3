import type { TypedArray } from '../ir/tensor.ts'
import { identityOf } from './analysis/guards.ts'
import { sizeOf, stridesOf } from './analysis/linear.ts'
import type { Buffer, Expr, ReduceOp, Scalar, Var } from './expr.ts'
import * as h from './js/scalar.ts'
import { allocate } from './storage.ts'

/** A scalar as JavaScript holds it: bigint for 64-bit integers, else number. */
type Value = number | bigint

const big = (t: Scalar): boolean => t === 'long' || t === 'ulong'
const wrap = (t: Scalar, v: Value): Value => (t === 'int' ? Number(BigInt.asIntN(32, BigInt(v))) : t === 'long' ? BigInt.asIntN(64, BigInt(v)) : t === 'ulong' ? BigInt.asUintN(64, BigInt(v)) : v)

/** Evaluates stages one element at a time straight from their definition, for tests of the compilers. Covers what the random tests make. */
export function interpret(outputs: readonly Buffer[], given: Map<Buffer, TypedArray>): TypedArray[] {
  const contents = (b: Buffer): TypedArray => {
    let array = given.get(b)
    if (array === undefined) given.set(b, (array = fill(b)))
    return array
  }
  const at = (b: Buffer, index: readonly number[]): number => {
    const strides = stridesOf(b.shape)
    return index.reduce((sum, i, d) => {
      if (!(i >= 0 && i < b.shape[d]!)) throw new RangeError('read outside')
      return sum + i * strides[d]!
    }, 0)
  }
  const value = (e: Expr, env: ReadonlyMap<Var, number>): Value => {
    const n = e.node
    switch (n.kind) {
      case 'const': return n.value
      case 'var': return env.get(e as Var)!
      case 'read': {
        const v = contents(n.buffer)[at(n.buffer, n.indices.map(i => Number(value(i, env))))]!
        return big(e.type) ? BigInt(v) : Number(v)
      }
      case 'select': return value(n.condition, env) ? value(n.a, env) : value(n.b, env)
      case 'cast': return convert(value(n.a, env), n.a.type, e.type)
      case 'unary': return applyUnary(n.op, value(n.a, env), n.a.type)
      case 'binary': return applyBinary(n.op, value(n.a, env), value(n.b, env), n.a.type)
      case 'reduce': {
        let total: Value = identityOf(n.op, e.type)
        each(n.vars, env, inner => (total = combine(n.op, total, value(n.body, inner), e.type)))
        return total
      }
    }
  }
  const fill = (b: Buffer): TypedArray => {
    const out = allocate(b.dtype, sizeOf(b.shape))
    const { axes, body, fill: how } = b.stage!
    const strides = stridesOf(b.shape)
    const type = body.type
    const running: Value[] = []
    each(axes, new Map(), env => {
      const place = at(b, axes.map(v => env.get(v)!))
      let v = value(body, env)
      if (how.kind === 'scan') {
        const first = env.get(axes[how.axis]!) === 0
        v = running[place] = combine(how.op, first ? identityOf(how.op, type) : running[place - strides[how.axis]!]!, v, type)
      }
      store(out, place, v, b)
    })
    if (how.kind === 'scatter')
      each(how.over, new Map(), env => {
        const place = at(b, how.at.map(i => Number(value(i, env))))
        const old: Value = big(type) ? BigInt(out[place]!) : Number(out[place]!)
        const v = value(how.value, env)
        store(out, place, how.op === 'set' ? v : applyBinary(how.op, old, v, type), b)
      })
    return out
  }
  return outputs.map(contents)
}

function store(out: TypedArray, place: number, v: Value, b: Buffer): void {
  out[place] = (b.dtype === 'int64' || b.dtype === 'uint64' ? v : Number(b.dtype === 'uint32' ? BigInt.asUintN(32, BigInt(v)) : v)) as never
}

function each(vars: readonly Var[], env: ReadonlyMap<Var, number>, f: (env: ReadonlyMap<Var, number>) => void): void {
  const [v, ...rest] = vars
  if (v === undefined) return f(env)
  for (let i = 0; i < v.node.extent; i++) each(rest, new Map(env).set(v, i), f)
}

const combine = (op: ReduceOp, a: Value, b: Value, type: Scalar): Value =>
  applyBinary(({ sum: 'add', prod: 'mul', max: 'max', min: 'min', or: 'or', and: 'and' } as const)[op], a, b, type)

function convert(v: Value, from: Scalar, to: Scalar): Value {
  if (to === 'bool') return Number(v) !== 0 ? 1 : 0
  if (to === 'float' || to === 'double') return Number(v)
  if (from === 'float' || from === 'double') return to === 'int' ? h.toInt(Number(v)) : to === 'long' ? h.toLong(Number(v)) : h.toUlong(Number(v))
  return wrap(to, v)
}

function applyUnary(op: string, v: Value, type: Scalar): Value {
  const n = Number(v)
  switch (op) {
    case 'neg': return typeof v === 'bigint' ? wrap(type, -v) : type === 'int' ? wrap(type, -n) : -n
    case 'abs': return v < 0 ? applyUnary('neg', v, type) : typeof v === 'bigint' ? v : Math.abs(n)
    case 'sign': return big(type) ? BigInt(Math.sign(n)) : Math.sign(n)
    case 'not': return type === 'bool' ? 1 - n : wrap(type, ~BigInt(v))
    case 'floor': return Math.floor(n)
    case 'round': return h.roundEven(n)
    default: throw new TypeError(op)
  }
}

function applyBinary(op: string, a: Value, b: Value, type: Scalar): Value {
  switch (op) {
    case 'lt': return Number(a < b)
    case 'le': return Number(a <= b)
    case 'eq': return Number(a === b)
    case 'ne': return Number(a !== b)
  }
  if (type === 'float' || type === 'double') {
    const [x, y] = [Number(a), Number(b)]
    switch (op) {
      case 'add': return x + y
      case 'sub': return x - y
      case 'mul': return x * y
      case 'min': return Math.min(x, y)
      case 'max': return Math.max(x, y)
      default: throw new TypeError(op)
    }
  }
  const [x, y] = [BigInt(a), BigInt(b)]
  const width = type === 'int' ? 32n : 64n
  const outside = y < 0n || y >= width
  const whole = (): bigint => {
    switch (op) {
      case 'add': return x + y
      case 'sub': return x - y
      case 'mul': return x * y
      case 'min': return x < y ? x : y
      case 'max': return x > y ? x : y
      case 'and': return x & y
      case 'or': return x | y
      case 'xor': return x ^ y
      case 'div': return y === 0n ? 0n : x / y
      case 'rem': return y === 0n ? 0n : x % y
      case 'floordiv': return y === 0n ? 0n : (x - (((x % y) + y) % y)) / y
      case 'floormod': return y === 0n ? 0n : ((x % y) + y) % y
      case 'shl': return outside ? 0n : x << y
      case 'shr': return outside ? (x < 0n ? -1n : 0n) : x >> y
      default: throw new TypeError(op)
    }
  }
  const result = wrap(type === 'bool' ? 'int' : type, whole())
  return result
}
