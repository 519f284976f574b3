import type { DType } from '../../../src/ir/dtype.ts'
import type { Value } from '../../../src/ir/model.ts'
import { shapeOf } from '../../../src/passes/kit/values.ts'
import { onDiagonal, sizeFromEnd } from '../kit/diagonal.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

const elements: readonly DType[] = ['float32', 'int64', 'int32', 'int16', 'int8', 'uint8']

/** Matrices and what goes on their diagonals. */
export const MATRIX_SET_DIAG: TfliteOperator = tfliteOperator({
  name: 'MATRIX_SET_DIAG',
  options: 'MatrixSetDiagOptions',
  infer(ctx) {
    const [shape, diagonal] = [ctx.shape(0), ctx.shape(1)]
    if ((shape && shape.length < 2) || (shape && diagonal && diagonal.length !== shape.length - 1)) ctx.fail(`a diagonal of [${diagonal?.join()}] for [${shape?.join()}]`)
    ctx.output(0, ctx.dtype(0), shape)
  },
  decompose(b, node) {
    const [x, diagonal] = node.inputs as [Value, Value]
    const [rows, columns] = shapeOf(x)?.slice(-2) ?? []
    if (typeof rows !== 'number' || typeof columns !== 'number') return undefined
    const spread = b.op('Unsqueeze', [diagonal, b.ints([rows <= columns ? -1 : -2])])
    return [b.op('Where', [onDiagonal(b, sizeFromEnd(b, x, -2), sizeFromEnd(b, x, -1)), spread, x])]
  },
  takes: { dtypes: [elements] },
})
