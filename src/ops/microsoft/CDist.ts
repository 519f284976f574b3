import { dimDiffers } from '../../ir/dim.ts'
import { read, stage, sum } from '../../expr/expr.ts'
import type { Operator } from '../operator.ts'

/** Distances between the rows of two matrices, or their squares. */
export const CDist: Operator = {
  name: 'CDist',
  domain: 'com.microsoft',
  infer(ctx) {
    const [a, b] = [ctx.shape(0), ctx.shape(1)]
    for (const s of [a, b]) if (s && s.length !== 2) ctx.fail(`an operand of rank ${s.length}`)
    if (a && b && dimDiffers(a[1]!, b[1]!)) ctx.fail(`rows of ${a[1]} and ${b[1]} elements`)
    const metric = ctx.attributes.string('metric', 'sqeuclidean')
    if (metric !== 'sqeuclidean' && metric !== 'euclidean') ctx.fail(`the metric ${metric}: onnxruntime has euclidean and sqeuclidean`)
    ctx.output(0, ctx.dtype(0), a && b && [a[0]!, b[0]!])
  },
  compute(k) {
    const [a, b] = [k.input(0), k.input(1)]
    const root = k.attributes.string('metric', 'sqeuclidean') === 'euclidean'
    return [
      stage(k.outputShape(0), k.outputDType(0), (i, j) => {
        const square = sum([a.shape[1]!], n => {
          const difference = read(a, [i!, n!]).sub(read(b, [j!, n!]))
          return difference.mul(difference)
        })
        return root ? square.apply('sqrt') : square
      }),
    ]
  },
  decompose(b, node) {
    const [rows, columns] = node.inputs.map((v, i) => b.op('Unsqueeze', [v, b.ints([1 - i])]))
    const squares = b.op('ReduceSumSquare', [b.op('Sub', [rows, columns]), b.ints([2])], { keepdims: 0 })
    return [node.attributes['metric']?.value === 'euclidean' ? b.op('Sqrt', [squares]) : squares]
  },
}
