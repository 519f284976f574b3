import type { Node, Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import { computeInvalid } from '../diagnostics.ts'
import type { AttributeReader, InferContext } from '../operator.ts'
import { dtypeOf, nodeAttributes, shapeOf } from './algebra.ts'
import { numberOfDType } from './datatype.ts'
import { sizesValue } from './reshape-to.ts'

/** The matrices of a mixture of experts in one of its layers. */
export interface Layer {
  /** [rows, inner] times the transpose of an expert's matrix. */
  times(b: Builder, x: Value, expert: number): Value
  /** [experts, outer] */
  readonly bias: Value | undefined
}

export interface Mixture {
  /** Logits of experts, [rows, experts], by which they are chosen. */
  readonly router: Value
  /** What the outcomes of the chosen ones are weighted by, [rows, experts], over their sum where the node says so; the softmax of their logits without it. */
  readonly weights?: Value | undefined
  readonly layers: readonly [first: Layer, second: Layer, gate?: Layer]
}

/** Each expert becomes nodes of its own; the largest mixtures in use have some hundreds. */
const mostExperts = 4096

/** Infers a mixture of experts: as its input. */
export function inferMixture(ctx: InferContext): void {
  const [shape, router] = [ctx.shape(0), ctx.shape(1)]
  if (shape && shape.length !== 2 && shape.length !== 3) ctx.fail(`its input has rank ${shape.length}`)
  if (router && router.length !== 2) ctx.fail(`router_probs of rank ${router.length}`)
  ctx.output(0, ctx.dtype(0), shape)
}

/** A fraction x * sigmoid(alpha * x). */
const swish = (b: Builder, x: Value, alpha = 1): Value => b.op('Mul', [x, b.op('Sigmoid', [alpha === 1 ? x : b.op('Mul', [x, b.scalar(alpha, 'float32')])])])

/** From the first layer's outcome to the second's input. */
function activate(b: Builder, node: Node, attributes: AttributeReader, x: Value, gate: Value | undefined): Value {
  const refuse = (message: string): never => {
    throw computeInvalid(node, message)
  }
  const kind = attributes.string('activation_type', 'relu')
  if (kind !== 'swiglu') {
    if (gate) refuse(`a third matrix with ${kind}`)
    switch (kind) {
      case 'identity': return x
      case 'relu': return b.op('Relu', [x])
      case 'gelu': return b.op('Gelu', [x], { approximate: 'tanh' })
      case 'silu': return swish(b, x)
      default: return refuse(`activation_type ${kind}`)
    }
  }
  const fusion = attributes.int('swiglu_fusion', 0)
  const every = (from: number): Value => b.op('Slice', [x, b.ints([from]), b.ints([Number.MAX_SAFE_INTEGER]), b.ints([1]), b.ints([2])])
  const [g, l] = fusion === 0 ? [x, gate ?? refuse('swiglu without a second half')] : fusion === 1 ? [every(0), every(1)] : b.ops('Split', [x], 2, { axis: 1, num_outputs: 2 })
  const limit = attributes.float('swiglu_limit')
  const bound = (v: Value, low: Value | undefined): Value => (limit === undefined ? v : b.op('Clip', [v, low, b.scalar(limit, 'float32')]))
  const linear = bound(l!, limit === undefined ? undefined : b.scalar(-limit, 'float32'))
  return b.op('Mul', [swish(b, bound(g!, undefined), attributes.float('activation_alpha', 1)), b.op('Add', [linear, b.scalar(attributes.float('activation_beta', 0), 'float32')])])
}

/**
 * A mixture of experts in simpler operators, in float32: every expert works on every row, and what was not chosen counts
 * nothing. Undefined when the number of experts is not known.
 */
export function mixture(b: Builder, node: Node, { router, weights, layers }: Mixture): readonly Value[] | undefined {
  const attributes = nodeAttributes(node)
  const [input] = node.inputs
  const experts = shapeOf(router)?.[1]
  const [dtype, shape] = [dtypeOf(input), shapeOf(input)]
  if (typeof experts !== 'number' || dtype === undefined || shape === undefined) return undefined
  if (experts > mostExperts) throw computeInvalid(node, `${experts} experts, more than ${mostExperts}`)
  if (attributes.int('use_sparse_mixer', 0) !== 0) throw computeInvalid(node, 'the sparse mixer is for other devices than the CPU')
  const single = (v: Value): Value => (dtypeOf(v) === 'float32' ? v : b.op('Cast', [v], { to: numberOfDType('float32') }))
  const hidden = shape.at(-1)!
  const flat = shape.length === 2 ? input! : b.op('Reshape', [input, b.op('Concat', [b.ints([-1]), sizesValue(b, [typeof hidden === 'number' ? hidden : [input!, 2]])], { axis: 0 })])
  const x = single(flat)
  const logits = single(router)
  const count = Math.min(attributes.int('k', 1), experts)
  const [best, places] = b.ops('TopK', [logits, b.ints([count])], 2, { axis: 1 })
  const given = weights && b.op('GatherElements', [single(weights), places], { axis: 1 })
  const normal = attributes.int('normalize_routing_weights', 0) !== 0
  const shares = given ? (normal ? b.op('Div', [given, b.op('ReduceSum', [given, b.ints([1])])]) : given) : b.op('Softmax', [best], { axis: 1 })
  const none = b.op('Expand', [b.scalar(0, 'float32'), b.op('Shape', [logits])])
  const gates = b.ops('Split', [b.op('ScatterElements', [none, places, shares], { axis: 1 })], experts, { axis: 1, num_outputs: experts })
  const layer = ({ times, bias }: Layer, v: Value, expert: number): Value => {
    const product = times(b, v, expert)
    return bias ? b.op('Add', [product, single(b.op('Gather', [bias, b.int(expert)], { axis: 0 }))]) : product
  }
  const [first, second, gate] = layers
  const parts = gates.map((share, e) => b.op('Mul', [layer(second, activate(b, node, attributes, layer(first, x, e), gate && layer(gate, x, e)), e), share]))
  const sum = parts.reduce((a, part) => b.op('Add', [a, part]))
  const shaped = shape.length === 2 ? sum : b.op('Reshape', [sum, b.op('Shape', [input])])
  return [dtype === 'float32' ? shaped : b.op('Cast', [shaped], { to: numberOfDType(dtype) })]
}
