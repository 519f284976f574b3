import type { BinaryOp, Expr, Scalar, Var } from '../expr.ts'

/** Values from the first to the second, both included. */
export type Interval = readonly [low: number, high: number]
export type Ranges = ReadonlyMap<Var, Interval>

const int32: Interval = [-(2 ** 31), 2 ** 31 - 1]
const everything: Interval = [-Infinity, Infinity]
const exact = 2 ** 53
const noRanges: Ranges = new Map()

const widest = (type: Scalar): Interval => (type === 'int' ? int32 : type === 'bool' ? [0, 1] : type === 'ulong' ? [0, Infinity] : everything)

/** Bounds of the values that expressions take when variables run over given ranges. Floats may be NaN besides. */
export class Bounds {
  readonly #ranges: Ranges
  readonly #memo = new Map<Expr, Interval>()
  constructor(ranges: Ranges = noRanges) {
    this.#ranges = ranges
  }

  of(e: Expr): Interval {
    const known = this.#memo.get(e)
    if (known !== undefined) return known
    const found = settle(e.type, this.#compute(e))
    this.#memo.set(e, found)
    return found
  }

  /** The value of an integer or bool that can only be one. */
  fixed(e: Expr): number | undefined {
    if (e.type === 'float' || e.type === 'double') return undefined
    const [low, high] = this.of(e)
    return low === high && Number.isFinite(low) ? low : undefined
  }

  #compute(e: Expr): Interval {
    const n = e.node
    switch (n.kind) {
      case 'const': return Number.isNaN(Number(n.value)) ? everything : [Number(n.value), Number(n.value)]
      case 'var': return this.#ranges.get(e as Var) ?? [0, n.extent - 1]
      case 'read': return n.buffer.range ?? storageRange(n.buffer.dtype) ?? everything
      case 'cast': return this.#cast(e.type, n.a)
      case 'unary': return this.#unary(n.op, n.a)
      case 'binary': return this.#binary(n.op, n.a, n.b, e.type)
      case 'select': {
        const c = this.fixed(n.condition)
        if (c !== undefined) return this.of(c ? n.a : n.b)
        const a = this.#assuming(n.condition, true, n.a)
        const b = this.#assuming(n.condition, false, n.b)
        return [Math.min(a[0], b[0]), Math.max(a[1], b[1])]
      }
      case 'reduce': {
        const body = this.of(n.body)
        const count = n.vars.reduce((p, v) => p * v.node.extent, 1)
        if (count === 0) return everything
        if (n.op === 'sum') return [Math.min(0, body[0] * count), Math.max(0, body[1] * count)]
        return n.op === 'max' || n.op === 'min' ? body : everything
      }
    }
  }

  /** Bounds of `e` where a comparison of a value with a constant is known to hold or not: `i < 0 ? i + n : i`. */
  #assuming(condition: Expr, holds: boolean, e: Expr): Interval {
    const c = condition.node
    if (c.kind !== 'binary' || (c.op !== 'lt' && c.op !== 'le') || c.a.type !== 'int' || c.a === c.b) return this.of(e)
    const [tested, limit, below] = c.b.node.kind === 'const' ? [c.a, Number(c.b.node.value), holds] : c.a.node.kind === 'const' ? [c.b, Number(c.a.node.value), !holds] : [c.a, NaN, true]
    if (Number.isNaN(limit)) return this.of(e)
    const strict = (c.op === 'lt') === holds
    const range = this.of(tested)
    const narrowed: Interval = below ? [range[0], Math.min(range[1], limit - (strict ? 1 : 0))] : [Math.max(range[0], limit + (strict ? 1 : 0)), range[1]]
    if (narrowed[0] > narrowed[1]) return this.of(e)
    const inner = new Bounds(this.#ranges)
    inner.#memo.set(tested, narrowed)
    return inner.of(e)
  }

  #cast(to: Scalar, a: Expr): Interval {
    const [low, high] = this.of(a)
    if (to === 'bool') return low === 0 && high === 0 ? [0, 0] : low > 0 || high < 0 ? [1, 1] : [0, 1]
    if (to === 'float' || to === 'double') return [low, high]
    if (a.type === 'float' || a.type === 'double') {
      const limits: Interval = to === 'int' ? int32 : to === 'long' ? [-(2 ** 63), 2 ** 63] : [0, 2 ** 64]
      return [Math.max(limits[0], Math.min(0, Math.trunc(low))), Math.min(limits[1], Math.max(0, Math.trunc(high)))]
    }
    return [low, high]
  }

  #unary(op: string, x: Expr): Interval {
    const [low, high] = this.of(x)
    switch (op) {
      case 'neg': return [-high, -low]
      case 'abs': return low >= 0 ? [low, high] : high <= 0 ? [-high, -low] : [0, Math.max(-low, high)]
      case 'sign': return [Math.sign(low), Math.sign(high)]
      case 'not': return x.type === 'bool' ? [1 - high, 1 - low] : x.type === 'int' || x.type === 'long' ? [-1 - high, -1 - low] : widest(x.type)
      case 'floor': case 'ceil': case 'trunc': return [Math[op](low), Math[op](high)]
      case 'round': return [Math.floor(low), Math.ceil(high)]
      case 'fround': return [low - Math.abs(low) * 1e-6, high + Math.abs(high) * 1e-6]
      case 'isnan': case 'isinf': return [0, 1]
      case 'tanh': case 'erf': case 'sin': case 'cos': return [-1, 1]
      case 'exp': case 'sqrt': return [0, Infinity]
      default: return everything
    }
  }

  #binary(op: BinaryOp, x: Expr, y: Expr, type: Scalar): Interval {
    const a = this.of(x)
    const b = this.of(y)
    switch (op) {
      case 'add': return slack(type, [a[0] + b[0], a[1] + b[1]])
      case 'sub': return x === y && type === 'int' ? [0, 0] : slack(type, [a[0] - b[1], a[1] - b[0]])
      case 'mul': return slack(type, corners(a, b, (p, q) => p * q))
      case 'div': return b[0] > 0 || b[1] < 0 ? slack(type, corners(a, b, (p, q) => (isInteger(type) ? Math.trunc(p / q) : p / q))) : isInteger(type) ? magnitude(a) : everything
      case 'floordiv': return b[0] > 0 ? corners(a, b, (p, q) => Math.floor(p / q)) : everything
      case 'floormod': return b[0] > 0 ? (a[0] >= 0 && a[1] < b[0] ? a : [0, b[1] - 1]) : everything
      case 'rem': return isInteger(type) && b[0] > 0 ? [a[0] < 0 ? Math.max(a[0], 1 - b[1]) : 0, a[1] > 0 ? Math.min(a[1], b[1] - 1) : 0] : everything
      case 'min': return [Math.min(a[0], b[0]), Math.min(a[1], b[1])]
      case 'max': return [Math.max(a[0], b[0]), Math.max(a[1], b[1])]
      case 'and': return type === 'bool' ? [Math.min(a[0], b[0]), Math.min(a[1], b[1])] : a[0] >= 0 && b[0] >= 0 ? [0, Math.min(a[1], b[1])] : everything
      case 'or': return type === 'bool' ? [Math.max(a[0], b[0]), Math.max(a[1], b[1])] : everything
      case 'lt': return compare(a[1] < b[0], a[0] >= b[1], x)
      case 'le': return compare(a[1] <= b[0], a[0] > b[1], x)
      case 'eq': return compare(a[0] === a[1] && b[0] === b[1] && a[0] === b[0], a[1] < b[0] || a[0] > b[1], x)
      case 'ne': return compare(a[1] < b[0] || a[0] > b[1], a[0] === a[1] && b[0] === b[1] && a[0] === b[0], x)
      default: return everything
    }
  }
}

const isInteger = (t: Scalar): boolean => t === 'int' || t === 'long' || t === 'ulong'

const magnitude = ([low, high]: Interval): Interval => {
  const m = Math.max(Math.abs(low), Math.abs(high))
  return [-m, m]
}

const compare = (yes: boolean, no: boolean, operand: Expr): Interval => (operand.type === 'float' || operand.type === 'double' ? [0, 1] : yes ? [1, 1] : no ? [0, 0] : [0, 1])

/** A computed float may differ from the real number by rounding. */
const slack = (type: Scalar, [low, high]: Interval): Interval =>
  type !== 'float' && type !== 'double' ? [low, high] : [low - Math.abs(low) * 1e-6, high + Math.abs(high) * 1e-6]

function corners(a: Interval, b: Interval, f: (x: number, y: number) => number): Interval {
  const all = [f(a[0], b[0]), f(a[0], b[1]), f(a[1], b[0]), f(a[1], b[1])]
  if (all.some(Number.isNaN)) return everything
  return [Math.min(...all), Math.max(...all)]
}

/** What wraps, or is past exact numbers, may be anything of its type. */
function settle(type: Scalar, i: Interval): Interval {
  if (Number.isNaN(i[0]) || Number.isNaN(i[1])) return widest(type)
  if (type === 'int') return i[0] < int32[0] || i[1] > int32[1] ? int32 : i
  if (type === 'long') return i[0] < -exact || i[1] > exact ? everything : i
  if (type === 'ulong') return i[0] < 0 || i[1] > exact ? [0, Infinity] : i
  return i
}

function storageRange(dtype: string): Interval | undefined {
  switch (dtype) {
    case 'bool': return [0, 1]
    case 'int8': return [-128, 127]
    case 'uint8': return [0, 255]
    case 'int16': return [-32768, 32767]
    case 'uint16': return [0, 65535]
    case 'uint32': return [0, 2 ** 32 - 1]
    case 'int4': return [-8, 7]
    case 'uint4': return [0, 15]
    case 'int2': return [-2, 1]
    case 'uint2': return [0, 3]
    default: return undefined
  }
}
