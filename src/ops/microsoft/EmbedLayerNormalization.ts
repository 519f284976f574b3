import { float } from '../../ir/attribute.ts'
import type { Value } from '../../ir/model.ts'
import { nodeAttributes } from '../kit/algebra.ts'
import { embeddedShape } from '../kit/embeddings.ts'
import type { Operator } from '../operator.ts'

/** The sum of what word, place and segment stand for, normalized; and how many elements of each row of the mask count. */
export const EmbedLayerNormalization: Operator = {
  name: 'EmbedLayerNormalization',
  domain: 'com.microsoft',
  infer(ctx) {
    const shape = embeddedShape(ctx)
    ctx.output(0, ctx.dtype(2), shape)
    ctx.output(1, 'int32', ctx.shape(0)?.slice(0, 1))
    ctx.output(2, ctx.dtype(2), shape)
  },
  decompose(b, node) {
    const [ids, segments, wordTable, placeTable, segmentTable, gamma, beta, mask, places] = node.inputs
    const rows = (table: Value | undefined, at: Value): Value => b.op('Gather', [table, at])
    const count = (): Value => b.op('Shape', [ids], { start: 1, end: 2 })
    const place = places ? rows(placeTable, places) : b.op('Slice', [placeTable, b.ints([0]), count(), b.ints([0])])
    const pair = b.op('Add', [rows(wordTable, ids!), place])
    const sum = segments ? b.op('Add', [pair, rows(segmentTable, segments)]) : pair
    const y = b.op('LayerNormalization', [sum, gamma, beta], { epsilon: float(nodeAttributes(node).float('epsilon', 1e-12)) })
    const counted = (): Value =>
      mask ? b.op('ReduceSum', [mask, b.ints([1])], { keepdims: 0 }) : b.op('Expand', [b.scalar(0, 'int32'), b.op('Shape', [ids], { start: 0, end: 1 })])
    return [y, node.outputs[1] && counted(), sum]
  },
}
