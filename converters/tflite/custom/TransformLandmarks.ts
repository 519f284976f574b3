import { customOperator, sizesOf } from '../kit/custom.ts'

/** MediaPipe's: points [1, count, 2 or 3] and a matrix [1, 4, 4]; x and y go through its first two rows, z stays (mediapipe/util/tflite/operations). */
export const TransformLandmarks = customOperator({
  name: 'TransformLandmarks',
  version: 2,
  infer: ctx => ctx.output(0, ctx.dtype(0), ctx.shape(0)),
  decompose(b, node) {
    const [points, matrix] = node.inputs
    const dimensions = sizesOf(points)?.at(-1)
    if (dimensions !== 2 && dimensions !== 3) return undefined
    const slice = (x: typeof points, begins: readonly number[], ends: readonly number[], axes: readonly number[]) => b.op('Slice', [x, b.ints(begins), b.ints(ends), b.ints(axes)])
    const plane = dimensions === 2 ? points : slice(points, [0], [2], [2])
    const turned = b.op('MatMul', [plane, b.op('Transpose', [slice(matrix, [0, 0], [2, 2], [1, 2])], { perm: [0, 2, 1] })])
    const moved = b.op('Add', [turned, b.op('Transpose', [slice(matrix, [0, 3], [2, 4], [1, 2])], { perm: [0, 2, 1] })])
    return [dimensions === 2 ? moved : b.op('Concat', [moved, slice(points, [2], [3], [2])], { axis: 2 })]
  },
})
