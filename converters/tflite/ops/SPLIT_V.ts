import { subDims, unknownDim } from '../../../src/ir/dim.ts'
import { numbersOf } from '../../../src/passes/kit/values.ts'
import { unknownShape } from '../../../src/ir/types.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator, versionBy } from '../operator.ts'

/** Data, the parts' sizes (one may be -1) and the axis. */
export const SPLIT_V: TfliteOperator = tfliteOperator({
  name: 'SPLIT_V',
  host: [1, 2],
  options: 'SplitVOptions',
  infer(ctx) {
    const [shape, sizes, axis] = [ctx.shape(0), ctx.constant(1), ctx.constant(2)?.[0]]
    const at = axis !== undefined && shape ? (axis < 0 ? axis + shape.length : axis) : undefined
    for (let i = 0; i < ctx.outputCount; i++) {
      const size = sizes?.[i]
      const part = size === undefined || at === undefined ? unknownDim() : size >= 0 ? size : subDims(shape![at]!, sizes!.reduce((n, s) => n + Math.max(0, s), 0))
      ctx.output(i, ctx.dtype(0), at === undefined ? shape && unknownShape(shape.length) : shape!.map((d, a) => (a === at ? part : d)))
    }
  },
  decompose(b, node) {
    const axis = numbersOf(node.inputs[2])?.[0]
    const sizes = numbersOf(node.inputs[1])
    const total = axis !== undefined && node.inputs[0]?.type?.kind === 'tensor' ? node.inputs[0].type.shape?.at(axis) : undefined
    if (axis === undefined || sizes === undefined || (sizes.includes(-1) && typeof total !== 'number')) return undefined
    const rest = (total as number) - sizes.reduce((n, s) => n + Math.max(0, s), 0)
    return b.ops('Split', [node.inputs[0], b.ints(sizes.map(s => (s < 0 ? rest : s)))], sizes.length, { axis })
  },
  version: versionBy({ int8: 2 }),
  takes: { dtypes: [['float32', 'int32', 'int64', 'uint8', 'int8', 'int16'], ['int32', 'int64'], ['int32']] },
})
