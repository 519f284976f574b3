import type { TypedArray } from '../ir/tensor.ts'
import type { BinaryOp, Buffer, Expr, ReduceOp, UnaryOp, Var } from './expr.ts'
import { binary, cast, constant, input, read, reduce, scan, scatter, select, stage, unary } from './expr.ts'
import { allocate } from './storage.ts'

/** A source of choices that fast-check can shrink. */
export interface Choices {
  below(n: number): number
  of<T>(items: readonly T[]): T
}

const dtypes = ['float32', 'int32', 'int64', 'uint64', 'uint32', 'int8', 'uint8', 'bool', 'float64'] as const
type Kind = (typeof dtypes)[number]
const scalar = { float32: 'float', int32: 'int', int64: 'long', uint64: 'ulong', uint32: 'long', int8: 'int', uint8: 'int', bool: 'bool', float64: 'double' } as const
const arithmetic: readonly BinaryOp[] = ['add', 'sub', 'mul', 'min', 'max']
const bitwise: readonly BinaryOp[] = ['and', 'or', 'xor', 'shl', 'shr', 'div', 'rem', 'floordiv', 'floormod']
const compares: readonly BinaryOp[] = ['lt', 'le', 'eq', 'ne']

function fill(kind: Kind, n: number, choices: Choices): TypedArray {
  const array = allocate(kind, n)
  for (let i = 0; i < n; i++) {
    const v = kind === 'bool' ? choices.below(2) : choices.below(15) - (kind.startsWith('uint') ? 0 : 7)
    array[i] = (kind === 'int64' || kind === 'uint64' ? BigInt(v) : v) as never
  }
  return array
}

/** An index inside `n`, from variables in scope or from data. */
function index(n: number, vars: readonly Var[], choices: Choices): Expr {
  const v = vars.length > 0 && choices.below(4) > 0 ? choices.of(vars) : constant(choices.below(n), 'int')
  switch (choices.below(4)) {
    case 0: return v.mul(choices.below(3) + 1).add(choices.below(5)).floormod(n)
    case 1: return constant(n - 1, 'int').sub(v.floormod(n))
    case 2: return v.floordiv(choices.below(3) + 1).clamp(0, n - 1)
    default: return v.floormod(n)
  }
}

function expression(kind: Kind, depth: number, buffers: readonly Buffer[], vars: readonly Var[], choices: Choices): Expr {
  const type = scalar[kind]
  const sub = (k: Kind = kind): Expr => expression(k, depth - 1, buffers, vars, choices)
  const leaf = (): Expr => {
    const fit = buffers.filter(b => scalar[b.dtype as Kind] === type)
    if (fit.length > 0 && choices.below(4) > 0) {
      const b = choices.of(fit)
      return read(b, b.shape.map(n => index(n, vars, choices)))
    }
    if (vars.length > 0 && choices.below(2) === 0) return cast(choices.of(vars), type)
    return constant(type === 'bool' ? choices.below(2) : choices.below(5), type)
  }
  if (depth === 0) return leaf()
  switch (choices.below(8)) {
    case 0: case 1: {
      if (type === 'bool') return binary(choices.of(['and', 'or', 'xor'] as const), sub(), sub())
      return binary(choices.of(type === 'float' || type === 'double' ? arithmetic : [...arithmetic, ...bitwise]), sub(), sub())
    }
    case 2: {
      const ops: readonly UnaryOp[] = type === 'bool' ? ['not'] : type === 'float' || type === 'double' ? ['neg', 'abs', 'floor', 'round', 'sign'] : ['neg', 'abs', 'not', 'sign']
      return unary(choices.of(ops), sub())
    }
    case 3: {
      if (type === 'bool') {
        const k = choices.of(['float32', 'int32', 'int64', 'uint64'] as const)
        return binary(choices.of(compares), sub(k), sub(k))
      }
      return cast(sub(choices.of(type === 'float' ? ['int32', 'bool'] : type === 'double' ? ['int32', 'float32'] : ['int32', 'int64', 'uint64', 'bool'])), type)
    }
    case 4: return select(sub('bool'), sub(), sub())
    case 5: {
      // A read that only the guard keeps inside.
      const fit = buffers.filter(b => scalar[b.dtype as Kind] === type && b.shape.length === 1)
      if (fit.length === 0 || vars.length === 0) return leaf()
      const b = choices.of(fit)
      const at = choices.of(vars).mul(choices.below(2) + 1).sub(choices.below(4))
      return select(at.inside(0, b.shape[0]!), read(b, [at]), constant(0, type))
    }
    case 6: {
      const ops: readonly ReduceOp[] = type === 'bool' ? ['or', 'and'] : ['sum', 'max', 'min']
      const extents = choices.below(2) ? [choices.of([1, 3, 9])] : [choices.of([2, 4]), choices.of([1, 8, 40])]
      return reduce(choices.of(ops), extents, (...inner) => expression(kind, Math.min(depth - 1, 2), buffers, [...vars, ...inner], choices))
    }
    default: return leaf()
  }
}

/** Stages of random expressions over random inputs. */
export function scenario(choices: Choices): { readonly inputs: Buffer[]; readonly arrays: TypedArray[]; readonly outputs: Buffer[] } {
  const inputs = Array.from({ length: 3 }, () => input(choices.of([[5], [17], [3, 4], [2, 9]]), choices.of(dtypes)))
  const arrays = inputs.map(b => fill(b.dtype as Kind, b.shape.reduce((p, n) => p * n, 1), choices))
  const buffers = [...inputs]
  const outputs: Buffer[] = []
  for (let s = 0; s < 3; s++) {
    const kind = choices.of(dtypes)
    const shape = choices.of([[6], [4, 5], [1, 13], [2, 3, 4], [], [33]])
    const body = (...vars: Var[]): Expr => expression(kind, 3, buffers, vars, choices)
    let made: Buffer
    const form = shape.length > 0 && kind !== 'bool' ? choices.below(6) : 5
    if (form === 0) made = scan(shape, kind, choices.below(shape.length), choices.of(['sum', 'max', 'min'] as const), body)
    else if (form === 1) {
      const over = [choices.of([1, 7])]
      made = scatter(shape, kind, body, over, (...vars) => ({ at: shape.map(n => index(n, vars, choices)), value: expression(kind, 2, buffers, vars, choices) }), choices.of(['set', 'add', 'min', 'max'] as const))
    } else made = stage(shape, kind, body)
    buffers.push(made)
    outputs.push(made)
  }
  return { inputs, arrays, outputs: outputs.filter((_, i) => i === 2 || choices.below(2) === 1) }
}

/** A sum of zeros may have either sign. */
export const unsigned = (array: TypedArray): TypedArray => (array instanceof Float32Array || array instanceof Float64Array ? array.map(v => v + 0) : array)

/** Values so large that float32 rounds them are left out: the engines may differ there. */
export const fits = (array: TypedArray): boolean => !(array instanceof Float32Array || array instanceof Float64Array) || array.every(v => Math.abs(v) < 2 ** 22)

/** Choices from a stream of numbers, which is used over and over. */
export function choicesFrom(stream: readonly number[]): Choices {
  let at = 0
  const below = (n: number): number => (stream[at++ % stream.length]! + (at >> 8)) % n
  return { below, of: items => items[below(items.length)]! }
}
