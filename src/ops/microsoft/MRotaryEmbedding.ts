import type { Value } from '../../ir/model.ts'
import { computeInvalid } from '../diagnostics.ts'
import { nodeAttributes, shapeOf } from '../kit/algebra.ts'
import { sizeOf } from '../kit/normalize.ts'
import type { Operator } from '../operator.ts'

/** Which of the three positions of a token turns each pair: in stretches, or in turns as far as the second and third reach. */
function streams(sections: readonly number[], woven: boolean): number[] {
  if (!woven) return sections.flatMap((n, stream) => Array.from({ length: n }, () => stream))
  const count = sections.reduce((a, n) => a + n, 0)
  return Array.from({ length: count }, (_, pair) => (pair % 3 > 0 && pair < 3 * sections[pair % 3]! ? pair % 3 : 0))
}

/** RotaryEmbedding by three positions of a token: in time, height and width. */
export const MRotaryEmbedding: Operator = {
  name: 'MRotaryEmbedding',
  domain: 'com.microsoft',
  infer(ctx) {
    const [shape, positions] = [ctx.shape(0), ctx.shape(1)]
    if (shape && shape.length !== 3 && shape.length !== 4) ctx.fail(`an input of rank ${shape.length}`)
    if (shape?.length === 3 && ctx.attributes.int('num_heads', 0) < 1) ctx.fail('num_heads is missing')
    if (positions && (positions.length !== 3 || (typeof positions[0] === 'number' && positions[0] !== 3))) ctx.fail(`positions of [${positions.join()}]`)
    const [sections, pairs] = [ctx.attributes.ints('mrope_section') ?? [], ctx.shape(2)?.[1]]
    const sum = sections.reduce((a, n) => a + n, 0)
    if (sections.length !== 3 || sections.some(n => n < 0) || (typeof pairs === 'number' && sum !== pairs)) ctx.fail(`sections [${sections.join()}] of ${pairs} pairs`)
    ctx.output(0, ctx.dtype(0), shape)
  },
  decompose(b, node) {
    const [x, positions, cos, sin] = node.inputs
    const attributes = nodeAttributes(node)
    if (attributes.int('is_packed_batching', 0) !== 0) throw computeInvalid(node, 'packed batches are not known here')
    const rank = shapeOf(x)?.length
    const sections = attributes.ints('mrope_section') ?? []
    const pairs = sections.reduce((a, n) => a + n, 0)
    if (!x || rank === undefined || pairs === 0 || sizeOf(cos, 1) !== pairs) return undefined
    const used = streams(sections, attributes.int('mrope_layout', 0) === 1)
    const masks = [1, 2].map(stream => b.bytes('bool', [pairs], Uint8Array.from(used, s => Number(s === stream))))
    const angles = (table: Value | undefined): Value => {
      const [time, height, across] = b.ops('Split', [b.op('Gather', [table, positions])], 3, { axis: 0, num_outputs: 3 })
      return b.op('Squeeze', [b.op('Where', [masks[1], across, b.op('Where', [masks[0], height, time])]), b.ints([0])])
    }
    const init = { interleaved: attributes.int('interleaved', 0), rotary_embedding_dim: attributes.int('rotary_embedding_dim', 0), ...(rank === 3 && { num_heads: attributes.int('num_heads', 0) }) }
    return [b.op('RotaryEmbedding', [x, angles(cos), angles(sin)], init)]
  },
}
