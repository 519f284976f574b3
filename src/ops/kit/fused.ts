import { float } from '../../ir/attribute.ts'
import type { Dim } from '../../ir/dim.ts'
import { dimDiffers } from '../../ir/dim.ts'
import type { Node, Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import type { AttributeReader, InferContext, Operator } from '../operator.ts'
import { activationsOf } from './activations.ts'
import { dtypeOf, nodeAttributes, shapeOf } from './algebra.ts'
import { broadcastShapes } from './broadcast.ts'

/** The order in which the axes of an operand of FusedMatMul are read: its first axis behind its batch axes, then the last two swapped. */
function orderOf(rank: number, swapped: boolean, batch: boolean): number[] | undefined {
  const order = Array.from({ length: rank }, (_, i) => i)
  if (rank < 2 || !(swapped || batch)) return undefined
  const spread = batch ? [...order.slice(1, -1), 0, rank - 1] : order
  return swapped ? [...spread.slice(0, -2), spread.at(-1)!, spread.at(-2)!] : spread
}

const orders = (attributes: AttributeReader, ranks: readonly [number, number]): (number[] | undefined)[] =>
  ranks.map((rank, i) => orderOf(rank, attributes.int(`trans${'AB'[i]!}`, 0) !== 0, attributes.int(`transBatch${'AB'[i]!}`, 0) !== 0))

function infer(ctx: InferContext): void {
  const [a, b] = [ctx.shape(0), ctx.shape(1)]
  if (a === undefined || b === undefined) return ctx.output(0, ctx.dtype(0), undefined)
  if (a.length === 0 || b.length === 0) ctx.fail('an operand has no axes')
  const turned = orders(ctx.attributes, [a.length, b.length])
  const [left, right] = [a, b].map((s, i): readonly Dim[] => turned[i]?.map(d => s[d]!) ?? s) as [readonly Dim[], readonly Dim[]]
  if (dimDiffers(left.at(-1)!, right.at(right.length === 1 ? -1 : -2)!)) ctx.fail(`inner sizes of [${left.join()}] and [${right.join()}] differ`)
  const batch = broadcastShapes([left.slice(0, -2), right.slice(0, -2)])
  if (!batch) return ctx.fail(`batch sizes of [${left.join()}] and [${right.join()}] do not broadcast`)
  ctx.output(0, ctx.dtype(0), [...batch, ...(left.length > 1 ? [left.at(-2)!] : []), ...(right.length > 1 ? [right.at(-1)!] : [])])
}

function decompose(b: Builder, node: Node): Value | undefined {
  const ranks = [shapeOf(node.inputs[0])?.length, shapeOf(node.inputs[1])?.length]
  const dtype = dtypeOf(node.inputs[0])
  if (ranks[0] === undefined || ranks[1] === undefined || dtype === undefined) return undefined
  const attributes = nodeAttributes(node)
  const turned = orders(attributes, ranks as [number, number])
  const operands = node.inputs.map((v, i) => (turned[i] ? b.op('Transpose', [v], { perm: turned[i] }) : v))
  const alpha = attributes.float('alpha', 1)
  const product = b.op('MatMul', operands)
  return alpha === 1 ? product : b.op('Mul', [product, b.scalar(alpha, dtype)])
}

/** A matrix product of operands that are turned before it and scaled after it; `finish` is applied to the outcome. */
export const fusedProduct = (name: string, finish: (b: Builder, node: Node, product: Value) => Value | undefined = (_, __, product) => product): Operator => ({
  name,
  domain: 'com.microsoft',
  infer,
  decompose(b, node) {
    const product = decompose(b, node)
    const y = product && finish(b, node, product)
    return y && [y]
  },
})

/** Coefficients of an activation: alpha and beta where it has them, and gamma. */
export interface Coefficients {
  readonly alpha?: number | undefined
  readonly beta?: number | undefined
  readonly gamma?: number | undefined
}

/** An activation that onnxruntime fuses into the operator before it. An empty name is none; undefined when the name is not known. */
export function fusedActivation(b: Builder, x: Value, name: string, { alpha, beta, gamma }: Coefficients): Value | undefined {
  const dtype = dtypeOf(x)
  if (name === '') return x
  if (dtype === undefined) return undefined
  if (name === 'Clip') return b.op('Clip', [x, alpha === undefined ? undefined : b.scalar(alpha, dtype), beta === undefined ? undefined : b.scalar(beta, dtype)])
  if (name === 'Selu') return b.op('Selu', [x], { ...(alpha !== undefined && { alpha: float(alpha) }), ...(gamma !== undefined && { gamma: float(gamma) }) })
  const list = (c: number | undefined): number[] => (c === undefined ? [] : [c])
  return activationsOf([name], list(alpha), list(beta), dtype)?.[0]?.(b, x)
}
