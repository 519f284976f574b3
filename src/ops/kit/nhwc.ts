import type { AttributeInit } from '../../ir/attribute.ts'
import type { Shape } from '../../ir/types.ts'
import type { Operator } from '../operator.ts'

/** The order that puts the channels of a value of this rank last: N, spatial axes, C. */
export const channelsLast = (rank: number): number[] => [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1]
/** The order that puts them second again. */
export const channelsFirst = (rank: number): number[] => [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, i) => i + 1)]

/** A shape in another order of its axes. */
export const permuted = (shape: Shape, order: (rank: number) => number[]): Shape => shape && order(shape.length).map(a => shape[a]!)

/**
 * A spatial ONNX operator on channel-last data: `lapidary::Nhwc<name>`. Attributes and all inputs but the first are the
 * ONNX operator's own (weights are laid out as in ONNX). First input and outputs are N, spatial axes, C.
 */
export function nhwcOperator(onnx: Operator): Operator {
  return {
    name: `Nhwc${onnx.name}`,
    domain: 'lapidary',
    infer(ctx) {
      onnx.infer({
        ...ctx,
        shape: i => (i === 0 ? permuted(ctx.shape(0), channelsFirst) : ctx.shape(i)),
        type(i) {
          const type = ctx.type(i)
          return i === 0 && type?.kind === 'tensor' ? { ...type, shape: permuted(type.shape, channelsFirst) } : type
        },
        output: (i, dtype, shape) => ctx.output(i, dtype, permuted(shape, channelsLast)),
      })
    },
    decompose(b, node) {
      const type = node.inputs[0]?.type
      const rank = type?.kind === 'tensor' ? type.shape?.length : undefined
      if (rank === undefined) return undefined
      const x = b.op('Transpose', [node.inputs[0]], { perm: channelsFirst(rank) })
      const attributes: Record<string, AttributeInit> = { ...node.attributes }
      return b.ops(onnx.name, [x, ...node.inputs.slice(1)], node.outputs.length, attributes).map(y => b.op('Transpose', [y], { perm: channelsLast(rank) }))
    },
  }
}
