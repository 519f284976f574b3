import type { Buffer, Expr, ReduceOp } from '../../expr/expr.ts'
import { constant, read, reduceOver, scalarOf, stage, variable } from '../../expr/expr.ts'
import type { Dim } from '../../ir/dim.ts'
import { unknownDim } from '../../ir/dim.ts'
import type { DType } from '../../ir/dtype.ts'
import { bitsOf, kindOf } from '../../ir/dtype.ts'
import type { Node, Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import type { ComputeContext, InferContext, Operator, VersionStep } from '../operator.ts'
import { nodeAttributes } from './algebra.ts'
import { axisOf } from './axes.ts'
import { become, dropUsual, inputToInts, intsToInput } from './versions.ts'

/** Sorted axes, counted from the front, each once. */
export const normalAxes = (k: { fail(message: string): never }, axes: readonly number[], rank: number): readonly number[] =>
  [...new Set(axes.map(a => axisOf(k, a, rank)))].sort((a, b) => a - b)

/** The shape that is left of `shape` when `axes` are reduced. */
export const reducedShape = <D extends Dim>(shape: readonly D[], axes: readonly number[], keep: boolean): (D | 1)[] =>
  keep ? shape.map((d, i) => (axes.includes(i) ? 1 : d)) : shape.filter((_, i) => !axes.includes(i))

/** Reduces `body` over `axes` of a shape, at the place `out` of the reduced shape; `body` gets indices of the full shape. */
export function reduceAt(op: ReduceOp, shape: readonly number[], axes: readonly number[], keep: boolean, out: readonly Expr[], body: (...index: Expr[]) => Expr): Expr {
  const vars = axes.map(a => variable(shape[a]!))
  let next = 0
  const index = shape.map((_, d) => {
    const at = axes.indexOf(d)
    if (at >= 0 && !keep) return vars[at]!
    const place = out[next++]!
    return at >= 0 ? vars[at]! : place
  })
  return reduceOver(op, vars, body(...index))
}

/** A stage that reduces over `axes`, which stay with size 1. */
export const reducedStage = (op: ReduceOp, shape: readonly number[], dtype: DType, axes: readonly number[], body: (...index: Expr[]) => Expr, finish: (x: Expr) => Expr = x => x): Buffer =>
  stage(reducedShape(shape, axes, true), dtype, (...out) => finish(reduceAt(op, shape, axes, true, out, body)))

/** The dtype for intermediate results: float64 stays, narrower floats widen to float32. */
export const wideFloat = (dtype: DType): DType => (dtype === 'float64' ? 'float64' : 'float32')

/** The scalar type for float arithmetic whose result goes to `dtype`: integers go through doubles. */
export const floatType = (dtype: DType): 'float' | 'double' => (kindOf(dtype) === 'float' && dtype !== 'float64' ? 'float' : 'double')

/** The least value of a dtype (what max of nothing is), or the greatest. */
export function extremeOf(dtype: DType, which: 'least' | 'greatest'): Expr {
  const type = scalarOf(dtype)
  const bits = BigInt(bitsOf(dtype))
  switch (kindOf(dtype)) {
    case 'int': return constant(which === 'least' ? -(1n << (bits - 1n)) : (1n << (bits - 1n)) - 1n, type)
    case 'uint': return constant(which === 'least' ? 0n : (1n << bits) - 1n, type)
    case 'bool': return constant(which === 'greatest', type)
    default: return constant(which === 'least' ? -Infinity : Infinity, type)
  }
}

/** The axes a Reduce operator works on. Undefined when they are not known. */
function reducedAxes(k: InferContext | ComputeContext, rank: number, axes: readonly number[] | undefined): readonly number[] | undefined {
  if (k.has(1) && axes === undefined) return undefined
  if (axes?.length) return normalAxes(k, axes, rank)
  return k.attributes.int('noop_with_empty_axes', 0) ? [] : Array.from({ length: rank }, (_, i) => i)
}

function inferReduce(ctx: InferContext): void {
  const shape = ctx.shape(0)
  if (shape === undefined) return ctx.output(0, ctx.dtype(0), undefined)
  const keep = ctx.attributes.int('keepdims', 1) !== 0
  const axes = reducedAxes(ctx, shape.length, ctx.has(1) ? ctx.constant(1) : undefined)
  if (axes) return ctx.output(0, ctx.dtype(0), reducedShape(shape, axes, keep))
  const count = ctx.shape(1)?.[0]
  const rank = keep ? shape.length : typeof count === 'number' && count > 0 ? shape.length - count : undefined
  ctx.output(0, ctx.dtype(0), rank === undefined ? undefined : Array.from({ length: Math.max(0, rank) }, unknownDim))
}

/** What a Reduce operator's expression is made of. */
export interface Reduction {
  readonly x: Buffer
  readonly dtype: DType
  readonly axes: readonly number[]
  /** Elements reduced into one. */
  readonly count: number
  /** The reduction of `body` (an element to an expression) at the output's place at hand. */
  reduce(op: ReduceOp, body: (x: Expr, ...index: Expr[]) => Expr): Expr
  /** Reads, at the output's place, a buffer of the reduced shape whose reduced axes have size 1. */
  kept(buffer: Buffer): Expr
}

function computeReduce(k: ComputeContext, f: (r: Reduction) => Expr): readonly Buffer[] {
  const x = k.input(0)
  const axes = reducedAxes(k, x.shape.length, k.has(1) ? k.value(1) : undefined)!
  const keep = k.attributes.int('keepdims', 1) !== 0
  const dtype = k.outputDType(0)
  return [
    stage(reducedShape(x.shape, axes, keep), dtype, (...out) =>
      f({
        x,
        dtype,
        axes,
        count: axes.reduce((n, a) => n * x.shape[a]!, 1),
        reduce: (op, body) => reduceAt(op, x.shape, axes, keep, out, (...i) => body(read(x, i), ...i)),
        kept(buffer) {
          const left = x.shape.map((_, d) => d).filter(d => keep || !axes.includes(d))
          return read(buffer, x.shape.map((_, d) => (axes.includes(d) ? 0 : out[left.indexOf(d)]!)))
        },
      }),
    ),
  ]
}

/** Another Reduce operator over the axes of the node that is decomposed, with its `keepdims` unless told to keep. */
export type Same = (op: string, x: Value, keep?: true) => Value

function sameAs(b: Builder, node: Node): Same {
  const attributes = nodeAttributes(node)
  const init = { keepdims: attributes.int('keepdims', 1), noop_with_empty_axes: attributes.int('noop_with_empty_axes', 0) }
  return (op, y, keep) => b.op(op, [y, node.inputs[1]], keep ? { ...init, keepdims: 1 } : init)
}

type Formula = (b: Builder, x: Value, same: Same) => Value | undefined

/**
 * An operator of the Reduce family. `axesInput`: the opset in which `axes` became an input. `decompose` gets a function
 * that applies another Reduce operator in the same way; so does
 * `bySum`, which says the operator by ReduceSum alone: `decompose` unless given.
 */
export function reduceOperator(
  name: string,
  f: (r: Reduction) => Expr,
  { axesInput = 18, decompose, bySum = decompose, plain = false, widening }: { axesInput?: 13 | 18; decompose?: Formula; bySum?: Formula; plain?: boolean; widening?: 'ordered' } = {},
): Operator {
  const toAttribute = inputToInts('axes', 1)
  return {
    name,
    ...(widening && { widening }),
    infer: inferReduce,
    host: [1],
    compute: k => computeReduce(k, f),
    ...(decompose && {
      decompose(b, node) {
        const [x] = node.inputs
        const made = x && decompose(b, x, sameAs(b, node))
        return made && [made]
      },
    }),
    upgrade: { [axesInput]: intsToInput('axes', 1) },
    downgrade: {
      [axesInput](step: VersionStep) {
        const { node, b, attributes } = step
        const given = node.inputs[1]
        // ReduceSum took its axes as an input before the others did
        const older = given && !given.isConstant ? bySum?.(b, node.inputs[0]!, sameAs(b, node)) : undefined
        if (older) return become(step, older)
        if (attributes.int('noop_with_empty_axes', 0) && (given === undefined || (given.isConstant && given.constant!.shape[0] === 0))) {
          if (plain) return become(step, node.inputs[0]!)
          dropUsual('noop_with_empty_axes', 0)(step)
        }
        step.setAttribute('noop_with_empty_axes', undefined)
        toAttribute(step)
      },
    },
  }
}
