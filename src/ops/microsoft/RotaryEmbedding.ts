import { nodeAttributes, shapeOf } from '../kit/algebra.ts'
import { sizeOf } from '../kit/normalize.ts'
import { sizesValue } from '../kit/reshape-to.ts'
import { places } from '../kit/scaled-product.ts'
import type { Operator } from '../operator.ts'

/** Positions are given for each token, or as that of the first. No kernel of onnxruntime heeds `scale`. */
export const RotaryEmbedding: Operator = {
  name: 'RotaryEmbedding',
  domain: 'com.microsoft',
  infer(ctx) {
    const [shape, positions] = [ctx.shape(0), ctx.shape(1)]
    if (shape && shape.length !== 3 && shape.length !== 4) ctx.fail(`an input of rank ${shape.length}`)
    if (positions && positions.length !== 1 && positions.length !== 2) ctx.fail(`positions of rank ${positions.length}`)
    ctx.output(0, ctx.dtype(0), shape)
  },
  decompose(b, node) {
    const [x, positions, cos, sin] = node.inputs
    const attributes = nodeAttributes(node)
    const [rank, from] = [shapeOf(x)?.length, shapeOf(positions)?.length]
    if (!x || !positions || rank === undefined || from === undefined) return undefined
    const pairs = sizeOf(cos, 1)
    const width = rank === 3 ? sizeOf(x, 2) : undefined
    const heads = attributes.int('num_heads', 0) || (pairs === undefined || width === undefined ? 0 : width / (2 * pairs))
    if (rank === 3 && heads < 1) return undefined
    const length = rank - 2
    const each = from === 2 ? positions : b.op('Expand', [b.op('Add', [places(b, x, length), positions]), sizesValue(b, [[x, 0], [x, length]])])
    const init = { interleaved: attributes.int('interleaved', 0), rotary_embedding_dim: attributes.int('rotary_embedding_dim', 0), ...(rank === 3 && { num_heads: heads }) }
    return [b.op('RotaryEmbedding', [x, cos, sin, each], init)]
  },
}
