import { unknownDim } from '../../ir/dim.ts'
import { holdAttributeTensors } from '../kit/attribute-tensors.ts'
import { tensorOfDoubles } from '../kit/doubles.ts'
import { postTransforms, rowsOf, transformScores } from '../kit/scores.ts'
import { aggregates, forestOfEnsemble, sumLeaves, targetCount } from '../kit/trees.ts'
import type { Operator } from '../operator.ts'

export const TreeEnsemble: Operator = {
  name: 'TreeEnsemble',
  domain: 'ai.onnx.ml',
  infer(ctx) {
    const shape = ctx.shape(0)
    ctx.output(0, ctx.dtype(0), shape && [shape.length === 2 ? shape[0]! : 1, ctx.attributes.int('n_targets') ?? unknownDim()])
  },
  ready: holdAttributeTensors,
  evaluate(ctx) {
    const [rows, forest] = [rowsOf(ctx), forestOfEnsemble(ctx)]
    const count = targetCount(ctx, forest)
    const how = aggregates[ctx.attributes.int('aggregate_function', 1)] ?? ctx.fail('an aggregate_function that is not known')
    const transform = postTransforms[ctx.attributes.int('post_transform', 0)] ?? ctx.fail('a post_transform that is not known')
    const out = new Float64Array(rows.count * count)
    for (let row = 0; row < rows.count; row++) out.set(transformScores(sumLeaves(ctx, forest, rows, row, count, how).scores, transform, undefined), row * count)
    return [tensorOfDoubles(ctx.tensor(0).dtype, [rows.count, count], out)]
  },
}
