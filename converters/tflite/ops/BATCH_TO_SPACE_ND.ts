import type { Dim } from '../../../src/ir/dim.ts'
import { floorDivDims, mulDims, subDims } from '../../../src/ir/dim.ts'
import type { Value } from '../../../src/ir/model.ts'
import { staticShape, unknownShape } from '../../../src/ir/types.ts'
import { numbersOf } from '../../../src/passes/kit/values.ts'
import type { TfliteOperator } from '../operator.ts'
import { rankOf, tfliteOperator, versionBy } from '../operator.ts'

/** The inverse of SPACE_TO_BATCH_ND: data, block sizes and what is cut off. */
export const BATCH_TO_SPACE_ND: TfliteOperator = tfliteOperator({
  name: 'BATCH_TO_SPACE_ND',
  host: [1, 2],
  options: 'BatchToSpaceNDOptions',
  infer(ctx) {
    const [shape, block, crops] = [ctx.shape(0), ctx.constant(1), ctx.constant(2)]
    if (!shape || !block || !crops) return ctx.output(0, ctx.dtype(0), shape && unknownShape(shape.length))
    ctx.output(0, ctx.dtype(0), shape.map((d, i): Dim => {
      if (i === 0) return floorDivDims(d, block.reduce((p, n) => p * n, 1))
      return i <= block.length ? subDims(mulDims(d, block[i - 1]!), crops[2 * i - 2]! + crops[2 * i - 1]!) : d
    }))
  },
  decompose(b, node) {
    const [shape, block, crops] = [staticShapeOf(node.inputs[0]), numbersOf(node.inputs[1]), numbersOf(node.inputs[2])]
    if (!shape || !block || !crops) return undefined
    const m = block.length
    const rest = shape.slice(m + 1)
    const batch = shape[0]! / block.reduce((p, n) => p * n, 1)
    const split = b.op('Reshape', [node.inputs[0], b.ints([...block, batch, ...shape.slice(1)])])
    const order = [m, ...block.flatMap((_, i) => [m + 1 + i, i]), ...rest.map((_, i) => 2 * m + 1 + i)]
    const sizes = block.map((n, i) => n * shape[i + 1]!)
    const whole = b.op('Reshape', [b.op('Transpose', [split], { perm: order }), b.ints([batch, ...sizes, ...rest])])
    const starts = block.map((_, i) => crops[2 * i]!)
    return [b.op('Slice', [whole, b.ints(starts), b.ints(sizes.map((n, i) => n - crops[2 * i + 1]!)), b.ints(block.map((_, i) => i + 1))])]
  },
  version: node => (rankOf(node.inputs[0]) !== 4 ? 3 : versionBy({ int16: 4, int8: 2 })(node)),
  takes: { dtypes: [['float32', 'int32', 'int64', 'uint8', 'int8'], ['int32'], ['int32']], maxRank: 4 },
})

const staticShapeOf = (v: Value | undefined) => (v?.type?.kind === 'tensor' ? staticShape(v.type.shape) : undefined)
