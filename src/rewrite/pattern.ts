import type { Node } from '../ir/model.ts'
import { Value } from '../ir/model.ts'
import type { Builder } from '../ops/builder.ts'
import type { AttributeInit, Match, Outcome, Pattern, Refused, Rule } from './rule.ts'

/** Operators that patterns and replacements may call as methods; others go through `op`. */
export type OperatorName =
  | 'Add' | 'Sub' | 'Mul' | 'Div' | 'Pow' | 'Sqrt' | 'Neg' | 'Abs' | 'Max' | 'Min' | 'Clip' | 'Cast' | 'Exp' | 'Log' | 'Reciprocal' | 'Where' | 'Equal' | 'Not'
  | 'Relu' | 'LeakyRelu' | 'Sigmoid' | 'HardSigmoid' | 'HardSwish' | 'Tanh' | 'Erf' | 'Gelu' | 'Softmax' | 'Identity' | 'Dropout'
  | 'Conv' | 'ConvTranspose' | 'Gemm' | 'MatMul' | 'BatchNormalization' | 'MaxPool' | 'AveragePool' | 'GlobalAveragePool' | 'GlobalMaxPool' | 'Resize'
  | 'Reshape' | 'Flatten' | 'Squeeze' | 'Unsqueeze' | 'Transpose' | 'Expand' | 'Tile' | 'Concat' | 'Split' | 'Slice' | 'Pad' | 'Gather'
  | 'ReduceMean' | 'ReduceSum' | 'ReduceMax' | 'DepthToSpace' | 'SpaceToDepth' | 'Shape'

type Letter = 'a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'g' | 'h' | 'i' | 'j' | 'k' | 'l' | 'm' | 'n' | 'o' | 'p' | 'q' | 'r' | 's' | 't' | 'u' | 'v' | 'w' | 'x' | 'y' | 'z'

/** Operators of two inputs whose order does not matter. */
const commutative = new Set(['Add', 'Mul', 'And', 'Or', 'Xor', 'Equal', 'Max', 'Min', 'Sum', 'Mean', 'BitwiseAnd', 'BitwiseOr', 'BitwiseXor'])

/** A place in a pattern under construction; `N` holds the names it binds. */
export class Place<N extends string> {
  readonly pattern: Pattern
  declare readonly names: N
  constructor(pattern: Pattern) {
    this.pattern = pattern
  }
  /** Only where the node holds to this. */
  where(test: (node: Node) => boolean): Place<N> {
    if (this.pattern.kind !== 'op') throw new TypeError('where is of operators')
    const before = this.pattern.where
    return new Place({ ...this.pattern, where: before ? (node: Node) => before(node) && test(node) : test })
  }
  /** Gives the matched node a name in `nodes`. */
  as(name: string): Place<N> {
    if (this.pattern.kind !== 'op') throw new TypeError('as is of operators')
    return new Place({ ...this.pattern, name })
  }
  /** Matched even when others use the node too; it then stays. */
  shared(): Place<N> {
    if (this.pattern.kind !== 'op') throw new TypeError('shared is of operators')
    return new Place({ ...this.pattern, shared: true })
  }
  /** More inputs may follow. */
  rest(): Place<N> {
    if (this.pattern.kind !== 'op') throw new TypeError('rest is of operators')
    return new Place({ ...this.pattern, rest: true })
  }
}

type NamesOf<P> = P extends Place<infer N> ? N : never
type Places = readonly (Place<string> | undefined)[]

interface PatternMethods {
  /** An operator by qualified name, or several: `Add|Sub`. */
  op<P extends Places>(name: string, ...inputs: P): Place<NamesOf<P[number]>>
  /** Any value, under a name of more than one letter, where it holds to `where`. */
  value<N extends string>(name: N, where?: (value: Value) => boolean): Place<N>
  /** A value that never changes. */
  constant<N extends string>(name: N): Place<N>
  /** An input that may be left out; read it from the node. */
  optional(name: string): Place<never>
}
export type PatternBuilder = PatternMethods & { readonly [K in Letter]: Place<K> } & {
  readonly [K in OperatorName]: <P extends Places>(...inputs: P) => Place<NamesOf<P[number]>>
}

type MakeArgument = Value | undefined | Readonly<Record<string, AttributeInit>>
/** A builder with operators as methods: inputs, then perhaps an object of attributes. */
export type Make = Builder & { readonly [K in OperatorName]: (...inputs: MakeArgument[]) => Value }

/** What a replacement sees: the bound values by their names, the root and the named nodes. */
export type Bound<N extends string> = Match & { readonly [K in N]: Value }

const opPlace = (op: string, inputs: Places): Place<never> =>
  new Place({ kind: 'op', op, inputs: inputs.map(p => p?.pattern), commutes: op.split('|').every(o => commutative.has(o)) })

const patternMethods: PatternMethods = {
  op: (name, ...inputs) => opPlace(name, inputs),
  value: (name, where) => new Place({ kind: 'bind', name, ...(where && { where }) }),
  constant: name => new Place({ kind: 'bind', name, where: v => v.isConstant }),
  optional: name => new Place({ kind: 'bind', name, optional: true }),
}

const patterns = new Proxy(patternMethods, {
  get(methods, name: string) {
    if (name in methods) return methods[name as keyof PatternMethods]
    return /^[A-Z]/.test(name) ? (...inputs: Places) => opPlace(name, inputs) : methods.value(name)
  },
}) as PatternBuilder

/** Lets operators be called as methods on a builder. */
export function makeWith(builder: Builder): Make {
  return new Proxy(builder, {
    get(target, name: string) {
      const own: unknown = Reflect.get(target, name, target)
      if (own !== undefined || !/^[A-Z]/.test(name)) return typeof own === 'function' ? own.bind(target) : own
      return (...args: MakeArgument[]) => {
        const last = args.at(-1)
        return last === undefined || last instanceof Value ? target.op(name, args as (Value | undefined)[]) : target.op(name, args.slice(0, -1) as (Value | undefined)[], last)
      }
    },
  }) as Make
}

/**
 * A rule whose pattern is written as its replacement is:
 * `rule('fuse-matmul-add', p => p.Add(p.MatMul(p.a, p.b), p.c), ({ a, b, c }, make) => make.Gemm(a, b, c))`.
 * Single letters bind values.
 */
export function rule<N extends string>(name: string, pattern: (p: PatternBuilder) => Place<N>, replace: (match: Bound<N>, make: Make, refuse: (reason: string) => Refused) => Outcome): Rule {
  const built = pattern(patterns).pattern
  if (built.kind !== 'op') throw new TypeError(`${name}: a pattern begins with an operator`)
  return {
    name,
    roots: built.op.split('|'),
    pattern: built,
    replace: (match, make, refuse) => replace({ ...match.values, ...match } as Bound<N>, makeWith(make), refuse),
  }
}
