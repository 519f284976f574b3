import type { DType } from '../ir/dtype.ts'

/**
 * The tensor-expression language: each element of an operator's output as an expression over index variables, reads of
 * inputs at computed indices, lazy selects, scalar functions and reductions. Expressions are immutable plain data,
 * shared freely; equal ones are found by structure when they are lowered. Shapes and attributes are numbers by the time
 * an expression is built, so case analysis is ordinary TypeScript.
 *
 * Scalar types. `int`: 32-bit wrapping, for indices and integers up to 32 bits (8- and 16-bit ones wrap when stored).
 * `long`, `ulong`: exact 64-bit wrapping (int64, uint32; uint64). `float`: double in exact precision, float32 in fast.
 * `double`: always double. `bool`: 0 or 1.
 */
export type Scalar = 'bool' | 'int' | 'long' | 'ulong' | 'float' | 'double'

export type BinaryOp =
  | 'add' | 'sub' | 'mul'
  /** Floats: quotient. Integers: rounds toward zero, as C does; x/0 is 0. */
  | 'div'
  /** Integers only: rounds toward minus infinity, and the remainder with the divisor's sign. Divisors are not 0. */
  | 'floordiv' | 'floormod'
  /** The remainder with the dividend's sign, as C's % and fmod. */
  | 'rem'
  /** Of floats: NaN when either is NaN. */
  | 'min' | 'max'
  | 'pow' | 'atan2'
  /** Of bools and integers: bitwise. */
  | 'and' | 'or' | 'xor'
  /** Integers. `shr` is arithmetic for int and long, logical for ulong. Shifts by the width or more give 0 (shr of a negative: -1). */
  | 'shl' | 'shr'
  /** Give bool. Comparisons with NaN are false, `ne` true. */
  | 'lt' | 'le' | 'eq' | 'ne'

export type UnaryOp =
  | 'neg' | 'abs' | 'sign' | 'not'
  | 'sqrt' | 'exp' | 'expm1' | 'log' | 'log1p' | 'erf'
  | 'sin' | 'cos' | 'tan' | 'asin' | 'acos' | 'atan' | 'sinh' | 'cosh' | 'tanh' | 'asinh' | 'acosh' | 'atanh'
  | 'floor' | 'ceil' | 'trunc'
  /** Half to even. */
  | 'round'
  /** Give bool. */
  | 'isnan' | 'isinf'
  /** Rounds a float to the nearest float32 (float in exact precision is a double; ONNX's float operators that must step through float32 say so). */
  | 'fround'

export type ReduceOp = 'sum' | 'prod' | 'max' | 'min' | 'or' | 'and'

/** How a stage is filled. `map`: every element is `body`. */
export type StageKind =
  | { readonly kind: 'map' }
  /** out[i] = out[i-1] op body[i] along `axis`, from the reduction's identity; the running value is not narrowed. */
  | { readonly kind: 'scan'; readonly axis: number; readonly op: ReduceOp }
  /** Starts as `body`; then for each point of `over`, in order, writes `value` at `at`. */
  | { readonly kind: 'scatter'; readonly over: readonly Var[]; readonly at: readonly Expr[]; readonly value: Expr; readonly op: 'set' | 'add' | 'mul' | 'min' | 'max' }

/** Memory with a static shape: an operator's input, or the result of a stage. */
export interface Buffer {
  readonly shape: readonly number[]
  /** How elements are stored. Reading widens to the scalar type of `scalarOf`, storing narrows: floats round to nearest even, integers wrap. Sub-byte types take a byte each. */
  readonly dtype: DType
  /** Small integer contents that are known, as for a tensor of indices; lets bounds be proved. */
  readonly range?: readonly [number, number]
  readonly stage?: Stage
}

export interface Stage {
  readonly axes: readonly Var[]
  readonly body: Expr
  readonly fill: StageKind
}

/** A loop variable: an int from 0 to extent - 1. */
export type Var = Expr & { readonly node: { readonly kind: 'var'; readonly extent: number } }

interface Shapes {
  const: { readonly value: number | bigint }
  /** Runs from 0 to extent - 1. */
  var: { readonly extent: number }
  read: { readonly buffer: Buffer; readonly indices: readonly Expr[] }
  binary: { readonly op: BinaryOp; readonly a: Expr; readonly b: Expr }
  unary: { readonly op: UnaryOp; readonly a: Expr }
  /** C's conversion: truncates to integers, wraps between integers, rounds between floats; to bool it is `!= 0`. Float to integer saturates, NaN gives 0. */
  cast: { readonly a: Expr }
  /** Only the chosen side is computed, so a guarded read may be out of bounds on the other. */
  select: { readonly condition: Expr; readonly a: Expr; readonly b: Expr }
  /** max and min of floats give NaN when any element is NaN. An empty one gives the identity. */
  reduce: { readonly op: ReduceOp; readonly vars: readonly Var[]; readonly body: Expr }
}
export type ExprKind = keyof Shapes
export type ExprNode = { [K in ExprKind]: Shapes[K] & { readonly kind: K } }[ExprKind]

export type Operand = Expr | number | bigint

/** An expression. `node` holds what it is; the methods build larger ones. A bare number takes the type of its partner. */
export class Expr {
  readonly type: Scalar
  readonly node: ExprNode
  constructor(type: Scalar, node: ExprNode) {
    this.type = type
    this.node = node
  }
  add(b: Operand): Expr { return binary('add', this, b) }
  sub(b: Operand): Expr { return binary('sub', this, b) }
  mul(b: Operand): Expr { return binary('mul', this, b) }
  div(b: Operand): Expr { return binary('div', this, b) }
  floordiv(b: Operand): Expr { return binary('floordiv', this, b) }
  floormod(b: Operand): Expr { return binary('floormod', this, b) }
  rem(b: Operand): Expr { return binary('rem', this, b) }
  min(b: Operand): Expr { return binary('min', this, b) }
  max(b: Operand): Expr { return binary('max', this, b) }
  pow(b: Operand): Expr { return binary('pow', this, b) }
  and(b: Operand): Expr { return binary('and', this, b) }
  or(b: Operand): Expr { return binary('or', this, b) }
  xor(b: Operand): Expr { return binary('xor', this, b) }
  shl(b: Operand): Expr { return binary('shl', this, b) }
  shr(b: Operand): Expr { return binary('shr', this, b) }
  lt(b: Operand): Expr { return binary('lt', this, b) }
  le(b: Operand): Expr { return binary('le', this, b) }
  gt(b: Operand): Expr { return binary('lt', operand(b, this.type), this) }
  ge(b: Operand): Expr { return binary('le', operand(b, this.type), this) }
  eq(b: Operand): Expr { return binary('eq', this, b) }
  ne(b: Operand): Expr { return binary('ne', this, b) }
  /** low <= this < high */
  inside(low: Operand, high: Operand): Expr { return this.ge(low).and(this.lt(high)) }
  clamp(low: Operand, high: Operand): Expr { return this.max(low).min(high) }
  neg(): Expr { return unary('neg', this) }
  abs(): Expr { return unary('abs', this) }
  not(): Expr { return unary('not', this) }
  apply(op: UnaryOp): Expr { return unary(op, this) }
  to(type: Scalar): Expr { return cast(this, type) }
}

const isFloat = (t: Scalar): boolean => t === 'float' || t === 'double'
const isInteger = (t: Scalar): boolean => t === 'int' || t === 'long' || t === 'ulong'

/** A literal of a scalar type; integers wrap to its width. */
export function constant(value: number | bigint | boolean, type: Scalar): Expr {
  const v = typeof value === 'boolean' ? Number(value) : value
  const held = type === 'long' ? BigInt.asIntN(64, BigInt(v)) : type === 'ulong' ? BigInt.asUintN(64, BigInt(v)) : type === 'int' ? Number(v) | 0 : Number(v)
  return new Expr(type, { kind: 'const', value: held })
}

/** The constant it is, if it is one. */
export const constantOf = (e: Expr): number | bigint | undefined => (e.node.kind === 'const' ? e.node.value : undefined)

const operand = (x: Operand, type: Scalar): Expr => (x instanceof Expr ? x : constant(x, type))

/** A loop variable of its own; every call makes a new one. */
export const variable = (extent: number): Var => new Expr('int', { kind: 'var', extent }) as Var

/** The scalar type that elements of a dtype have when read. */
export function scalarOf(dtype: DType): Scalar {
  switch (dtype) {
    case 'bool': return 'bool'
    case 'int64': case 'uint32': return 'long'
    case 'uint64': return 'ulong'
    case 'float64': return 'double'
    case 'int2': case 'int4': case 'int8': case 'int16': case 'int32': case 'uint2': case 'uint4': case 'uint8': case 'uint16': return 'int'
    default: return 'float'
  }
}

const compares = new Set<string>(['lt', 'le', 'eq', 'ne'])

function foldInts(op: BinaryOp, a: number, b: number): number | undefined {
  switch (op) {
    case 'add': return (a + b) | 0
    case 'sub': return (a - b) | 0
    case 'mul': return Math.imul(a, b)
    case 'div': return b === 0 ? undefined : Math.trunc(a / b) | 0
    case 'floordiv': return b === 0 ? undefined : Math.floor(a / b) | 0
    case 'floormod': return b === 0 ? undefined : a - Math.floor(a / b) * b
    case 'min': return Math.min(a, b)
    case 'max': return Math.max(a, b)
    default: return undefined
  }
}

function foldCompare(op: BinaryOp, a: number | bigint, b: number | bigint): boolean | undefined {
  switch (op) {
    case 'lt': return a < b
    case 'le': return a <= b
    case 'eq': return a === b
    case 'ne': return a !== b
    default: return undefined
  }
}

/** Folds integer constants and drops neutral elements of integers and bools; floats are left as they are written, for -0 and NaN. */
export function binary(op: BinaryOp, x: Operand, y: Operand): Expr {
  const type = x instanceof Expr ? x.type : y instanceof Expr ? y.type : 'int'
  const a = operand(x, type)
  const b = operand(y, type)
  if (a.type !== b.type) throw new TypeError(`${a.type} ${op} ${b.type}`)
  const p = constantOf(a)
  const q = constantOf(b)
  if (compares.has(op)) {
    if (p !== undefined && q !== undefined) return constant(foldCompare(op, p, q)!, 'bool')
    return new Expr('bool', { kind: 'binary', op, a, b })
  }
  if (type === 'bool') {
    if (op === 'and') {
      if (p !== undefined) return p ? b : a
      if (q !== undefined) return q ? a : b
      if (a === b) return a
    }
    if (op === 'or') {
      if (p !== undefined) return p ? a : b
      if (q !== undefined) return q ? b : a
    }
  }
  if (type === 'int') {
    if (p !== undefined && q !== undefined) {
      const folded = foldInts(op, Number(p), Number(q))
      if (folded !== undefined) return constant(folded, 'int')
    }
    if (op === 'add') {
      if (p === 0) return b
      if (q === 0) return a
    }
    if (op === 'sub' && q === 0) return a
    if (op === 'mul') {
      if (p === 1) return b
      if (q === 1) return a
      if (p === 0 || q === 0) return constant(0, 'int')
    }
    if ((op === 'floordiv' || op === 'div') && q === 1) return a
    if (op === 'floormod' && q === 1) return constant(0, 'int')
  }
  return new Expr(type, { kind: 'binary', op, a, b })
}

/** A function of one scalar; `isnan` and `isinf` give bool. */
export function unary(op: UnaryOp, a: Expr): Expr {
  const gives: Scalar = op === 'isnan' || op === 'isinf' ? 'bool' : a.type
  if (op === 'not' && a.type === 'bool') {
    const c = constantOf(a)
    if (c !== undefined) return constant(!c, 'bool')
  }
  if (op === 'not' && isFloat(a.type)) throw new TypeError(`not of ${a.type}`)
  return new Expr(gives, { kind: 'unary', op, a })
}

/** The value in another scalar type (see `ExprNode`); the same type is a no-op. */
export function cast(a: Expr, type: Scalar): Expr {
  if (a.type === type) return a
  const c = constantOf(a)
  if (c !== undefined && (typeof c === 'bigint' || Number.isInteger(c)) && !(type === 'bool') && !(isInteger(type) && isFloat(a.type) && Math.abs(Number(c)) > 2 ** 31)) return constant(c, type)
  return new Expr(type, { kind: 'cast', a })
}

/** `x` where the condition holds, else `y`; only one of them is computed. */
export function select(condition: Expr, x: Operand, y: Operand): Expr {
  const type = x instanceof Expr ? x.type : y instanceof Expr ? y.type : 'int'
  const a = operand(x, type)
  const b = operand(y, type)
  if (a.type !== b.type) throw new TypeError(`select ${a.type} or ${b.type}`)
  const c = constantOf(condition)
  if (c !== undefined) return c ? a : b
  return a === b ? a : new Expr(type, { kind: 'select', condition, a, b })
}

/** An element of a buffer. Indices are ints within the shape wherever the read is computed. */
export function read(buffer: Buffer, indices: readonly Operand[]): Expr {
  if (indices.length !== buffer.shape.length) throw new TypeError(`${indices.length} indices into [${buffer.shape.join()}]`)
  return new Expr(scalarOf(buffer.dtype), { kind: 'read', buffer, indices: indices.map(i => operand(i, 'int')) })
}

/** A reduction over variables that occur in the body; none at all is the body. */
export function reduceOver(op: ReduceOp, vars: readonly Var[], body: Expr): Expr {
  return vars.length === 0 ? body : new Expr(body.type, { kind: 'reduce', op, vars, body })
}

/** A reduction over new variables of the given extents. */
export function reduce(op: ReduceOp, extents: readonly number[], f: (...vars: Var[]) => Expr): Expr {
  const vars = extents.map(variable)
  return reduceOver(op, vars, f(...vars))
}
export const sum = (extents: readonly number[], f: (...vars: Var[]) => Expr): Expr => reduce('sum', extents, f)

/** An input of an operator. */
export const input = (shape: readonly number[], dtype: DType, range?: readonly [number, number]): Buffer => ({ shape, dtype, ...(range && { range }) })

const store = (body: Expr, dtype: DType): Expr => (scalarOf(dtype) === body.type ? body : cast(body, scalarOf(dtype)))

/** A buffer whose every element is an expression of its indices. */
export function stage(shape: readonly number[], dtype: DType, f: (...axes: Var[]) => Expr): Buffer {
  const axes = shape.map(variable)
  return { shape, dtype, stage: { axes, body: store(f(...axes), dtype), fill: { kind: 'map' } } }
}

/** A running reduction along an axis. */
export function scan(shape: readonly number[], dtype: DType, axis: number, op: ReduceOp, f: (...axes: Var[]) => Expr): Buffer {
  const axes = shape.map(variable)
  return { shape, dtype, stage: { axes, body: store(f(...axes), dtype), fill: { kind: 'scan', axis, op } } }
}

/** Starts as `init`; then, for each point of `over` in row-major order, `value` goes to `at`. */
export function scatter(
  shape: readonly number[],
  dtype: DType,
  init: (...axes: Var[]) => Expr,
  over: readonly number[],
  f: (...vars: Var[]) => { readonly at: readonly Operand[]; readonly value: Expr },
  op: 'set' | 'add' | 'mul' | 'min' | 'max' = 'set',
): Buffer {
  const axes = shape.map(variable)
  const vars = over.map(variable)
  const { at, value } = f(...vars)
  const body = store(init(...axes), dtype)
  return { shape, dtype, stage: { axes, body, fill: { kind: 'scatter', over: vars, at: at.map(i => operand(i, 'int')), value: store(value, dtype), op } } }
}
