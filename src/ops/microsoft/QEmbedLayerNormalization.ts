import { float } from '../../ir/attribute.ts'
import type { Value } from '../../ir/model.ts'
import { nodeAttributes } from '../kit/algebra.ts'
import { numberOfDType } from '../kit/datatype.ts'
import { embeddedShape } from '../kit/embeddings.ts'
import type { Operator } from '../operator.ts'

/**
 * EmbedLayerNormalization of tables of integers. Inputs: word and segment IDs, tables of words, places and segments, gamma,
 * beta, mask; then the scales and the zero points of the five tables. Only ones of the mask count.
 */
export const QEmbedLayerNormalization: Operator = {
  name: 'QEmbedLayerNormalization',
  domain: 'com.microsoft',
  infer(ctx) {
    ctx.output(0, ctx.dtype(8), embeddedShape(ctx))
    ctx.output(1, 'int32', ctx.shape(0)?.slice(0, 1))
  },
  decompose(b, node) {
    const [ids, segments, words, places, segmentTable, gamma, beta, mask] = node.inputs
    const real = (integers: Value | undefined, table: number): Value => b.op('DequantizeLinear', [integers, node.inputs[table + 6], node.inputs[table + 11]])
    const rows = b.op('Slice', [places, b.ints([0]), b.op('Shape', [ids], { start: 1, end: 2 }), b.ints([0])])
    const pair = b.op('Add', [real(b.op('Gather', [words, ids]), 2), real(rows, 3)])
    const sum = segments ? b.op('Add', [pair, real(b.op('Gather', [segmentTable, segments]), 4)]) : pair
    const y = b.op('LayerNormalization', [sum, real(gamma, 5), real(beta, 6)], { epsilon: float(nodeAttributes(node).float('epsilon', 1e-12)) })
    const counted = (): Value =>
      mask
        ? b.op('ReduceSum', [b.op('Cast', [b.op('Equal', [mask, b.scalar(1, 'int32')])], { to: numberOfDType('int32') }), b.ints([1])], { keepdims: 0 })
        : b.op('Expand', [b.scalar(0, 'int32'), b.op('Shape', [ids], { start: 0, end: 1 })])
    return [y, node.outputs[1] && counted()]
  },
}
