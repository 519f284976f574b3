import type { Expr } from '../../expr/expr.ts'
import { read, stage } from '../../expr/expr.ts'
import type { Dim } from '../../ir/dim.ts'
import type { AttributeReader, InferContext, Operator } from '../operator.ts'
import { broadcastShapes, readBroadcast } from './broadcast.ts'

/** An operator of one input that keeps shape and dtype. `f` gets the element and the node's attributes. */
export function unaryOperator(name: string, f: (x: Expr, attributes: AttributeReader) => Expr, rest: Partial<Operator> = {}): Operator {
  return {
    name,
    infer: ctx => ctx.output(0, ctx.dtype(0), ctx.shape(0)),
    compute(k) {
      const x = k.input(0)
      return [stage(x.shape, k.outputDType(0), (...i) => f(read(x, i), k.attributes))]
    },
    ...rest,
  }
}

/** Infers a broadcast of all inputs; `dtype` is that of the first input, or bool for comparisons. */
export function inferBroadcast(ctx: InferContext, gives: 'same' | 'bool' = 'same', value?: readonly Dim[]): void {
  const shapes = Array.from({ length: ctx.inputCount }, (_, i) => ctx.shape(i))
  const shape = broadcastShapes(shapes)
  if (shape === null) ctx.fail(`shapes ${shapes.map(s => `[${s?.join(', ') ?? '...'}]`).join(' and ')} do not broadcast`)
  ctx.output(0, gives === 'bool' ? 'bool' : ctx.dtype(0), shape, value)
}

/**
 * An operator of two inputs that broadcast. `onSizes` carries it over to symbolic elements of shapes, so that shape
 * arithmetic is decided at inference.
 */
export function binaryOperator(
  name: string,
  f: (a: Expr, b: Expr, attributes: AttributeReader) => Expr,
  { gives = 'same', onSizes, ...rest }: Partial<Operator> & { gives?: 'same' | 'bool'; onSizes?: (a: Dim, b: Dim) => Dim | undefined } = {},
): Operator {
  return {
    name,
    infer: ctx => inferBroadcast(ctx, gives, onSizes && zipSizes(ctx.shapeValue(0), ctx.shapeValue(1), onSizes)),
    compute(k) {
      const [a, b] = [k.input(0), k.input(1)]
      return [stage(k.outputShape(0), k.outputDType(0), (...i) => f(readBroadcast(a, i), readBroadcast(b, i), k.attributes))]
    },
    ...rest,
  }
}

function zipSizes(a: readonly Dim[] | undefined, b: readonly Dim[] | undefined, f: (a: Dim, b: Dim) => Dim | undefined): readonly Dim[] | undefined {
  if (a === undefined || b === undefined || (a.length !== b.length && a.length !== 1 && b.length !== 1)) return undefined
  const out = Array.from({ length: Math.max(a.length, b.length) }, (_, i) => f(a[a.length === 1 ? 0 : i]!, b[b.length === 1 ? 0 : i]!))
  return out.every(d => d !== undefined) ? out : undefined
}
