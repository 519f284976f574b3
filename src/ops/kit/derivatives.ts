import type { Node, Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import { nodeAttributes, shapeOf } from './algebra.ts'

/** Thrown where a node can't be differentiated with the shapes that are known. */
export class NotDifferentiable extends Error {}

/** For each input, what makes the gradient with respect to it; undefined for inputs that carry no numbers to differentiate. */
export type Derivative = (b: Builder, node: Node, gradient: Value) => readonly ((() => Value) | undefined)[]

const like = (b: Builder, number: number, x: Value): Value => b.op('CastLike', [b.floats([number]), x])
const scalarLike = (b: Builder, number: number, x: Value): Value => b.op('Reshape', [like(b, number, x), b.ints([])])
const shapedLike = (b: Builder, g: Value, x: Value): Value => b.op('Reshape', [g, b.op('Shape', [x])])

/** Of what is broadcast, the sum over the places where an element went. */
function gathered(b: Builder, g: Value, x: Value): Value {
  const [from, to] = [shapeOf(g), shapeOf(x)]
  if (from === undefined || to === undefined || from.some(d => typeof d !== 'number') || to.some(d => typeof d !== 'number')) throw new NotDifferentiable('a broadcast of sizes that are not known')
  const more = from.length - to.length
  const axes = from.flatMap((d, i) => (i < more || (to[i - more] === 1 && d !== 1) ? [i] : []))
  if (axes.length === 0) return g
  const sum = b.op('ReduceSum', [g, b.ints(axes)], { keepdims: 1 })
  return more > 0 ? shapedLike(b, sum, x) : sum
}

const unary = (f: (b: Builder, g: Value, x: Value, y: Value) => Value): Derivative => (b, node, g) => [() => f(b, g, node.inputs[0]!, node.outputs[0]!)]
const binary = (first: (b: Builder, g: Value, x: Value, y: Value, out: Value) => Value, second: (b: Builder, g: Value, x: Value, y: Value, out: Value) => Value): Derivative => (b, node, g) => {
  const [x, y] = node.inputs as [Value, Value]
  return [() => gathered(b, first(b, g, x, y, node.outputs[0]!), x), () => gathered(b, second(b, g, x, y, node.outputs[0]!), y)]
}
const renamed: Derivative = (b, node, g) => [() => shapedLike(b, g, node.inputs[0]!)]

/** The last two axes swapped. */
function turned(b: Builder, x: Value): Value {
  const rank = shapeOf(x)?.length
  if (rank === undefined || rank < 2) throw new NotDifferentiable('a product of vectors')
  return b.op('Transpose', [x], { perm: Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i)) })
}

const reduced = (mean: boolean): Derivative => (b, node, g) => {
  const [x, axes] = node.inputs as [Value, Value | undefined]
  const attributes = nodeAttributes(node)
  if (axes === undefined && attributes.int('noop_with_empty_axes', 0) !== 0) return [() => g]
  return [
    () => {
      const kept = attributes.int('keepdims', 1) !== 0 ? g : axes ? b.op('Unsqueeze', [g, axes]) : g
      const spread = b.op('Expand', [kept, b.op('Shape', [x])])
      if (!mean) return spread
      const count = b.op('Div', [b.op('Size', [x]), b.op('Size', [node.outputs[0]])])
      return b.op('Div', [spread, b.op('CastLike', [count, x])])
    },
  ]
}

/** To every input that is the extreme one. */
const extreme: Derivative = (b, node, g) => node.inputs.map(x => x && (() => gathered(b, b.op('Mul', [g, b.op('CastLike', [b.op('Equal', [x, node.outputs[0]]), g])]), x)))

const softmax = (log: boolean): Derivative => (b, node, g) => {
  const y = node.outputs[0]!
  const axis = b.ints([nodeAttributes(node).int('axis', -1)])
  const total = (v: Value): Value => b.op('ReduceSum', [v, axis], { keepdims: 1 })
  return [() => (log ? b.op('Sub', [g, b.op('Mul', [b.op('Exp', [y]), total(g)])]) : b.op('Mul', [y, b.op('Sub', [g, total(b.op('Mul', [g, y]))])]))]
}

/** Derivatives of operators of ONNX's own domain; others are differentiated through what they decompose to. */
export const derivatives: Readonly<Record<string, Derivative>> = {
  Identity: unary((_, g) => g),
  Neg: unary((b, g) => b.op('Neg', [g])),
  Add: binary((_, g) => g, (_, g) => g),
  Sub: binary((_, g) => g, (b, g) => b.op('Neg', [g])),
  Mul: binary((b, g, _, y) => b.op('Mul', [g, y]), (b, g, x) => b.op('Mul', [g, x])),
  Div: binary((b, g, _, y) => b.op('Div', [g, y]), (b, g, _, y, out) => b.op('Neg', [b.op('Div', [b.op('Mul', [g, out]), y])])),
  Pow: binary(
    (b, g, x, y) => b.op('Mul', [g, b.op('Mul', [b.op('CastLike', [y, x]), b.op('Pow', [x, b.op('Sub', [y, scalarLike(b, 1, y)])])])]),
    (b, g, x, y, out) => b.op('CastLike', [b.op('Mul', [g, b.op('Mul', [out, b.op('Log', [x])])]), y]),
  ),
  Where: (b, node, g) => {
    const [c, x, y] = node.inputs as [Value, Value, Value]
    const zero = () => scalarLike(b, 0, g)
    return [undefined, () => gathered(b, b.op('Where', [c, g, zero()]), x), () => gathered(b, b.op('Where', [c, zero(), g]), y)]
  },
  Max: extreme,
  Min: extreme,
  Sum: (b, node, g) => node.inputs.map(x => x && (() => gathered(b, g, x))),
  Cast: unary((b, g, x) => b.op('CastLike', [g, x])),
  CastLike: (b, node, g) => [() => b.op('CastLike', [g, node.inputs[0]]), undefined],
  Exp: unary((b, g, _, y) => b.op('Mul', [g, y])),
  Log: unary((b, g, x) => b.op('Div', [g, x])),
  Sqrt: unary((b, g, x, y) => b.op('Div', [g, b.op('Mul', [y, scalarLike(b, 2, x)])])),
  Reciprocal: unary((b, g, _, y) => b.op('Neg', [b.op('Mul', [g, b.op('Mul', [y, y])])])),
  Abs: unary((b, g, x) => b.op('Mul', [g, b.op('Sign', [x])])),
  Sin: unary((b, g, x) => b.op('Mul', [g, b.op('Cos', [x])])),
  Cos: unary((b, g, x) => b.op('Neg', [b.op('Mul', [g, b.op('Sin', [x])])])),
  Tanh: unary((b, g, x, y) => b.op('Mul', [g, b.op('Sub', [scalarLike(b, 1, x), b.op('Mul', [y, y])])])),
  Sigmoid: unary((b, g, x, y) => b.op('Mul', [g, b.op('Mul', [y, b.op('Sub', [scalarLike(b, 1, x), y])])])),
  Softplus: unary((b, g, x) => b.op('Mul', [g, b.op('Sigmoid', [x])])),
  Erf: unary((b, g, x) => b.op('Mul', [g, b.op('Mul', [scalarLike(b, 2 / Math.sqrt(Math.PI), x), b.op('Exp', [b.op('Neg', [b.op('Mul', [x, x])])])])])),
  Relu: unary((b, g, x) => b.op('Mul', [g, b.op('CastLike', [b.op('Greater', [x, scalarLike(b, 0, x)]), x])])),
  MatMul: binary((b, g, _, y) => b.op('MatMul', [g, turned(b, y)]), (b, g, x) => b.op('MatMul', [turned(b, x), g])),
  Gemm: (b, node, g) => {
    const [a, c, bias] = node.inputs as [Value, Value, Value | undefined]
    const { int, float } = nodeAttributes(node)
    const [turnA, turnB] = [int('transA', 0), int('transB', 0)]
    const product = (x: Value, y: Value, transA: number, transB: number): Value => b.op('Gemm', [x, y], { transA, transB, alpha: { type: 'float', value: float('alpha', 1) } })
    return [
      () => (turnA ? product(c, g, turnB, 1) : product(g, c, 0, turnB ? 0 : 1)),
      () => (turnB ? product(g, a, 1, turnA) : product(a, g, turnA ? 0 : 1, 0)),
      bias && (() => gathered(b, b.op('Mul', [g, scalarLike(b, float('beta', 1), g)]), bias)),
    ]
  },
  Reshape: renamed,
  Flatten: renamed,
  Squeeze: renamed,
  Unsqueeze: renamed,
  Expand: (b, node, g) => [() => gathered(b, g, node.inputs[0]!), undefined],
  Transpose: (b, node, g) => {
    const rank = shapeOf(node.inputs[0])?.length ?? 0
    const perm = nodeAttributes(node).ints('perm') ?? Array.from({ length: rank }, (_, i) => rank - 1 - i)
    return [() => b.op('Transpose', [g], { perm: perm.map((_, i) => perm.indexOf(i)) })]
  },
  ReduceSum: reduced(false),
  ReduceMean: reduced(true),
  Softmax: softmax(false),
  LogSoftmax: softmax(true),
}

/** A tensor of `number` shaped and typed as `x`. */
export const filledLike = (b: Builder, number: number, x: Value): Value => b.op('Expand', [scalarLike(b, number, x), b.op('Shape', [x])])
