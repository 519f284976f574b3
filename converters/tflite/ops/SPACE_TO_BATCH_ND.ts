import type { Dim } from '../../../src/ir/dim.ts'
import { addDims, floorDivDims, mulDims } from '../../../src/ir/dim.ts'
import type { Value } from '../../../src/ir/model.ts'
import { staticShape, unknownShape } from '../../../src/ir/types.ts'
import { numbersOf } from '../../../src/passes/kit/values.ts'
import type { TfliteOperator } from '../operator.ts'
import { rankOf, tfliteOperator, versionBy } from '../operator.ts'

/** Blocks of the axes after the first go to the batch; data, block sizes and pads. */
export const SPACE_TO_BATCH_ND: TfliteOperator = tfliteOperator({
  name: 'SPACE_TO_BATCH_ND',
  host: [1, 2],
  options: 'SpaceToBatchNDOptions',
  infer(ctx) {
    const [shape, block, pads] = [ctx.shape(0), ctx.constant(1), ctx.constant(2)]
    if (!shape || !block || !pads) return ctx.output(0, ctx.dtype(0), shape && unknownShape(shape.length))
    ctx.output(0, ctx.dtype(0), shape.map((d, i): Dim => {
      if (i === 0) return mulDims(d, ...block)
      return i <= block.length ? floorDivDims(addDims(d, pads[2 * i - 2]!, pads[2 * i - 1]!), block[i - 1]!) : d
    }))
  },
  decompose(b, node) {
    const [shape, block, pads] = [staticShapeOf(node.inputs[0]), numbersOf(node.inputs[1]), numbersOf(node.inputs[2])]
    if (!shape || !block || !pads) return undefined
    const m = block.length
    const rest = shape.slice(m + 1)
    const side = (offset: number) => [0, ...block.map((_, i) => pads[2 * i + offset]!), ...rest.map(() => 0)]
    const padded = b.op('Pad', [node.inputs[0], b.ints([...side(0), ...side(1)])], { mode: 'constant' })
    const sizes = block.map((n, i) => (shape[i + 1]! + pads[2 * i]! + pads[2 * i + 1]!) / n)
    const split = b.op('Reshape', [padded, b.ints([shape[0]!, ...block.flatMap((n, i) => [sizes[i]!, n]), ...rest])])
    const order = [...block.map((_, i) => 2 * i + 2), 0, ...block.map((_, i) => 2 * i + 1), ...rest.map((_, i) => 2 * m + 1 + i)]
    return [b.op('Reshape', [b.op('Transpose', [split], { perm: order }), b.ints([shape[0]! * block.reduce((p, n) => p * n, 1), ...sizes, ...rest])])]
  },
  version: node => (rankOf(node.inputs[0]) !== 4 ? 3 : versionBy({ int16: 4, int8: 2 })(node)),
  takes: { dtypes: [['float32', 'int32', 'int64', 'uint8', 'int8'], ['int32'], ['int32']], maxRank: 4 },
})

const staticShapeOf = (v: Value | undefined) => (v?.type?.kind === 'tensor' ? staticShape(v.type.shape) : undefined)
