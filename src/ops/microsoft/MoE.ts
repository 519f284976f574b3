import type { Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import { computeInvalid } from '../diagnostics.ts'
import type { Algebra } from '../kit/algebra.ts'
import { dtypeOf, graphAlgebra, nodeAttributes, shapeOf } from '../kit/algebra.ts'
import { sizeOf } from '../kit/normalize.ts'
import type { AttributeReader, Operator } from '../operator.ts'

/** How much each expert counts for each token: [tokens, experts], 0 for those that are not among the best. */
function routes(b: Builder, probabilities: Value, experts: number, attributes: AttributeReader): Value {
  const [best, at] = b.ops('TopK', [b.op('Softmax', [probabilities], { axis: -1 }), b.ints([attributes.int('k', 1)])], 2, { axis: -1 })
  const share = attributes.int('normalize_routing_weights', 0) ? b.op('Div', [best, b.op('ReduceSum', [best, b.ints([-1])])]) : best
  const chosen = b.op('OneHot', [at, b.int(experts), b.floats([0, 1])])
  return b.op('ReduceSum', [b.op('Mul', [chosen, b.op('Unsqueeze', [share, b.ints([-1])])]), b.ints([1])], { keepdims: 0 })
}

/** The gated activation of a gate and what it lets through. */
function swiglu(m: Algebra<Value>, [gate, linear]: readonly [Value, Value], attributes: AttributeReader): Value {
  const limit = attributes.float('swiglu_limit')
  const [g, l] = limit === undefined ? [gate, linear] : [m.min(gate, limit), m.min(m.max(linear, -limit), limit)]
  return m.mul(m.mul(g, m.sigmoid(m.mul(g, attributes.float('activation_alpha', 1)))), m.add(l, attributes.float('activation_beta', 0)))
}

/** Gate and linear part out of one product: side by side, or one behind the other. */
function halves(b: Builder, x: Value, woven: boolean): readonly [Value, Value] {
  const cut = (from: number): Value => b.op('Slice', [x, b.ints([from]), b.ints([2 ** 31 - 1]), b.ints([-1]), b.ints([2])])
  return woven ? [cut(0), cut(1)] : (b.ops('Split', [x], 2, { axis: -1, num_outputs: 2 }) as [Value, Value])
}

const activations: Readonly<Record<string, (b: Builder, x: Value) => Value>> = {
  relu: (b, x) => b.op('Relu', [x]),
  gelu: (b, x) => b.op('Gelu', [x], { approximate: 'tanh' }),
  silu: (b, x) => b.op('Swish', [x]),
  identity: (_, x) => x,
}

/** Experts, of which each token has the best few. Every expert sees every token here, and what does not count is weighed with 0. */
export const MoE: Operator = {
  name: 'MoE',
  domain: 'com.microsoft',
  infer(ctx) {
    const [shape, weights] = [ctx.shape(0), ctx.shape(2)]
    if (shape && shape.length !== 2 && shape.length !== 3) ctx.fail(`an input of rank ${shape.length}`)
    const [experts, k] = [weights?.[0], ctx.attributes.int('k', 1)]
    if (k < 1 || (typeof experts === 'number' && k > experts)) ctx.fail(`the best ${k} of ${experts} experts`)
    ctx.output(0, ctx.dtype(0), shape)
  },
  decompose(b, node) {
    const [x, probabilities, first, firstBias, second, secondBias, third, thirdBias] = node.inputs
    const attributes = nodeAttributes(node)
    const [type, fusion] = [attributes.string('activation_type', 'relu'), attributes.int('swiglu_fusion', 0)]
    if (attributes.int('use_sparse_mixer', 0)) throw computeInvalid(node, 'a sparse mixer is not known here')
    if (type !== 'swiglu' && (third || !Object.hasOwn(activations, type))) throw computeInvalid(node, third ? 'third weights are for swiglu' : `activation ${type}`)
    if (type === 'swiglu' && (third !== undefined) !== (fusion === 0)) throw computeInvalid(node, `swiglu_fusion ${fusion} ${third ? 'with' : 'without'} third weights`)
    const [dtype, experts, width, rank] = [dtypeOf(x), sizeOf(first, 0), sizeOf(x, -1 + (shapeOf(x)?.length ?? 0)), shapeOf(x)?.length]
    if (!x || !probabilities || dtype !== 'float32' || experts === undefined || width === undefined) return undefined
    const tokens = b.op('Unsqueeze', [rank === 2 ? x : b.op('Reshape', [x, b.ints([-1, width])]), b.ints([0])])
    const layer = (from: Value, weights: Value | undefined, bias: Value | undefined): Value => {
      const product = b.op('MatMul', [from, b.op('Transpose', [weights], { perm: [0, 2, 1] })])
      return bias ? b.op('Add', [product, b.op('Unsqueeze', [bias, b.ints([1])])]) : product
    }
    const inner = layer(tokens, first, firstBias)
    const parts = (): readonly [Value, Value] => (third ? [inner, layer(tokens, third, thirdBias)] : halves(b, inner, fusion === 1))
    const active = type === 'swiglu' ? swiglu(graphAlgebra(b, dtype), parts(), attributes) : activations[type]!(b, inner)
    const share = b.op('Unsqueeze', [b.op('Transpose', [routes(b, probabilities, experts, attributes)], { perm: [1, 0] }), b.ints([2])])
    const y = b.op('ReduceSum', [b.op('Mul', [layer(active, second, secondBias), share]), b.ints([0])], { keepdims: 0 })
    return [rank === 2 ? y : b.op('Reshape', [y, b.op('Shape', [x])])]
  },
}
