import type { Buffer, Expr } from '../../expr/expr.ts'
import { stage } from '../../expr/expr.ts'
import type { Dim } from '../../ir/dim.ts'
import type { Node, Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import type { AttributeReader, ComputeContext, InferContext, Operator } from '../operator.ts'
import { dtypeOf } from './algebra.ts'
import { axesOf } from './axes.ts'
import { broadcastShapes, readBroadcast } from './broadcast.ts'
import { dequantized, gridAt, quantized } from './requantize.ts'

/** Infers a broadcast of the inputs at these places, of the dtype of the first of them. */
export function inferQuantizedBroadcast(ctx: InferContext, inputs: readonly number[], like = inputs[0]!): void {
  const shapes = inputs.map(i => ctx.shape(i))
  const shape = broadcastShapes(shapes)
  if (shape === null) ctx.fail(`shapes ${shapes.map(s => `[${s?.join(', ') ?? '...'}]`).join(' and ')} do not broadcast`)
  ctx.output(0, ctx.dtype(like), shape)
}

/** The numbers that a node's input stands for, with the scale and zero point that follow it. */
export const realAt = (b: Builder, node: Node, at: number, axis?: number): Value => b.op('DequantizeLinear', [node.inputs[at], node.inputs[at + 1], node.inputs[at + 2]], { axis })

/** Numbers as integers of the dtype of a node's first quantized input, by the scale and zero point that stand at `scale`. */
export function integerAt(b: Builder, node: Node, real: Value, scale: number, like: Value | undefined = node.inputs[0]): Value | undefined {
  const dtype = dtypeOf(like)
  return dtype && b.op('QuantizeLinear', [real, node.inputs[scale], node.inputs[scale + 1] ?? b.scalar(0, dtype)])
}

/** A list of one output, or nothing. */
export const oneOf = (value: Value | undefined): readonly Value[] | undefined => value && [value]

/** An operator of com.microsoft on A and B, each with scale and zero point, and the scale and zero point of the result. Within one unit it is `real` on the numbers. */
export const quantizedBinary = (name: string, real: string, compute: (k: ComputeContext, a: Buffer, b: Buffer) => Buffer): Operator => ({
  name,
  domain: 'com.microsoft',
  infer: ctx => inferQuantizedBroadcast(ctx, [0, 3]),
  compute: k => [compute(k, k.input(0), k.input(3))],
  decompose: (b, node) => oneOf(integerAt(b, node, b.op(real, [realAt(b, node, 0), realAt(b, node, 3)]), 6)),
})

/** An operator of com.microsoft that applies a float32 function to the numbers that integers stand for: `real`, with the node's attributes. */
export const quantizedUnary = (name: string, real: string, f: (x: Expr, attributes: AttributeReader) => Expr): Operator => ({
  name,
  domain: 'com.microsoft',
  decompose: (b, node) => oneOf(integerAt(b, node, b.op(real, [realAt(b, node, 0)], node.attributes), 3)),
  infer: ctx => ctx.output(0, ctx.dtype(0), ctx.shape(0)),
  compute(k) {
    const x = k.input(0)
    const [from, to] = [gridAt(k, 1), gridAt(k, 3)]
    return [stage(x.shape, x.dtype, (...i) => quantized(f(dequantized(readBroadcast(x, i), from), k.attributes), to, x.dtype))]
  },
})

/** A buffer's elements moved from one grid to another. */
export const regrided = (k: ComputeContext, x: Buffer, from: readonly [scale: number, zero: number], to: readonly [scale: number, zero: number]) => {
  const [a, b] = [gridAt(k, ...from), gridAt(k, ...to)]
  return (i: readonly Expr[]): Expr => quantized(dequantized(readBroadcast(x, i), a), b, x.dtype)
}

/** The shape that is left of the first input's when its axes `axes` (all without them) are summed up. */
export function reducedShape(ctx: InferContext): readonly Dim[] | undefined {
  const shape = ctx.shape(0)
  if (shape === undefined) return undefined
  const given = ctx.attributes.ints('axes') ?? []
  const axes = new Set(given.length > 0 ? axesOf(ctx, given, shape.length) : shape.keys())
  const kept = ctx.attributes.int('keepdims', 1) !== 0
  return shape.flatMap((d, i) => (axes.has(i) ? (kept ? [1] : []) : [d]))
}
