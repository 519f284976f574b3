import type { Expr } from '../../expr/expr.ts'
import { read, stage } from '../../expr/expr.ts'
import type { Dim } from '../../ir/dim.ts'
import type { AttributeReader, InferContext, Operator } from '../operator.ts'
import { broadcastShapes, readBroadcast } from './broadcast.ts'

/** The elements of an integer or bool input of rank 0 or 1, as far as inference knows them. */
export function knownElements(ctx: InferContext, input: number): readonly Dim[] | undefined {
  const known = ctx.shapeValue(input)
  if (known || ctx.dtype(input) !== 'bool') return known
  const shape = ctx.shape(input)
  return shape && shape.length < 2 ? ctx.constant(input) : undefined
}

/** Applies `f` element by element to lists that broadcast; undefined when a list or a result is. */
export function zipElements(lists: readonly (readonly Dim[] | undefined)[], f: (...elements: Dim[]) => Dim | undefined): readonly Dim[] | undefined {
  const known = lists.filter(l => l !== undefined)
  if (known.length < lists.length) return undefined
  const length = known.reduce((n, l) => (l.length === 1 ? n : l.length), 1)
  if (known.some(l => l.length !== 1 && l.length !== length)) return undefined
  const out: Dim[] = []
  for (let i = 0; i < length; i++) {
    const element = f(...known.map(l => l[l.length === 1 ? 0 : i]!))
    if (element === undefined) return undefined
    out.push(element)
  }
  return out
}

interface ElementwiseOptions extends Partial<Operator> {
  /** The output's dtype: that of the first input, or bool. */
  readonly gives?: 'same' | 'bool'
}

/**
 * An operator of one input that keeps the shape. `f` gets the element and the node's attributes. `onSizes` carries it
 * over to symbolic elements of shapes.
 */
export function unaryOperator(
  name: string,
  f: (x: Expr, attributes: AttributeReader) => Expr,
  { gives = 'same', onSizes, ...rest }: ElementwiseOptions & { readonly onSizes?: (x: Dim) => Dim | undefined } = {},
): Operator {
  return {
    name,
    infer: ctx => ctx.output(0, gives === 'bool' ? 'bool' : ctx.dtype(0), ctx.shape(0), onSizes && zipElements([knownElements(ctx, 0)], onSizes)),
    compute(k) {
      const x = k.input(0)
      return [stage(x.shape, k.outputDType(0), (...i) => f(read(x, i), k.attributes))]
    },
    ...rest,
  }
}

/** Infers a broadcast of all inputs; `dtype` is that of the first input, or bool for comparisons. */
export function inferBroadcast(ctx: InferContext, gives: 'same' | 'bool' = 'same', value?: readonly Dim[], like = 0): void {
  const shapes = Array.from({ length: ctx.inputCount }, (_, i) => ctx.shape(i))
  const shape = broadcastShapes(shapes)
  if (shape === null) ctx.fail(`shapes ${shapes.map(s => `[${s?.join(', ') ?? '...'}]`).join(' and ')} do not broadcast`)
  ctx.output(0, gives === 'bool' ? 'bool' : ctx.dtype(like), shape, value)
}

/**
 * An operator of two inputs that broadcast. `onSizes` carries it over to symbolic elements of shapes, so that shape
 * arithmetic is decided at inference.
 */
export function binaryOperator(
  name: string,
  f: (a: Expr, b: Expr, attributes: AttributeReader) => Expr,
  { gives = 'same', onSizes, ...rest }: ElementwiseOptions & { readonly onSizes?: (a: Dim, b: Dim) => Dim | undefined } = {},
): Operator {
  return {
    name,
    infer: ctx => inferBroadcast(ctx, gives, onSizes && zipElements([knownElements(ctx, 0), knownElements(ctx, 1)], onSizes)),
    compute(k) {
      const [a, b] = [k.input(0), k.input(1)]
      return [stage(k.outputShape(0), k.outputDType(0), (...i) => f(readBroadcast(a, i), readBroadcast(b, i), k.attributes))]
    },
    ...rest,
  }
}

/** An operator of one or more inputs that broadcast, folded from the left; `finish` gets the outcome and their count. */
export function variadicOperator(
  name: string,
  f: (a: Expr, b: Expr) => Expr,
  { onSizes, finish = x => x, ...rest }: Partial<Operator> & { readonly onSizes?: (a: Dim, b: Dim) => Dim; readonly finish?: (x: Expr, count: number) => Expr } = {},
): Operator {
  return {
    name,
    infer(ctx) {
      const lists = onSizes && Array.from({ length: ctx.inputCount }, (_, i) => ctx.shapeValue(i))
      inferBroadcast(ctx, 'same', lists && zipElements(lists, (...elements) => elements.reduce(onSizes)))
    },
    compute(k) {
      const inputs = Array.from({ length: k.inputCount }, (_, i) => k.input(i))
      return [stage(k.outputShape(0), k.outputDType(0), (...i) => finish(inputs.map(x => readBroadcast(x, i)).reduce((a, b) => f(a, b)), k.inputCount))]
    },
    ...rest,
  }
}
