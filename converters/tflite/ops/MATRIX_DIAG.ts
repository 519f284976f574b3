import type { DType } from '../../../src/ir/dtype.ts'
import type { Value } from '../../../src/ir/model.ts'
import { onDiagonal, sizeFromEnd } from '../kit/diagonal.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'

const elements: readonly DType[] = ['float32', 'int64', 'int32', 'int16', 'int8', 'uint8']

/** The last axis as the diagonals of matrices of zeros. */
export const MATRIX_DIAG: TfliteOperator = tfliteOperator({
  name: 'MATRIX_DIAG',
  options: 'MatrixDiagOptions',
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape?.length === 0) ctx.fail('a diagonal without axes')
    ctx.output(0, ctx.dtype(0), shape && [...shape, shape.at(-1)!])
  },
  decompose(b, node) {
    const x = node.inputs[0] as Value
    const [size, dtype] = [sizeFromEnd(b, x, -1), dtypeOf(x)]
    return dtype && [b.op('Where', [onDiagonal(b, size, size), b.op('Unsqueeze', [x, b.ints([-2])]), b.scalar(0, dtype)])]
  },
  takes: { dtypes: [elements] },
})
