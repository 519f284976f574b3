import { unknownDim } from '../../ir/dim.ts'
import { float32Tensor } from '../../ir/tensor.ts'
import { holdAttributeTensors } from '../kit/attribute-tensors.ts'
import { postTransformOf, rowsOf, transformScores } from '../kit/scores.ts'
import { treeDowngrades } from '../kit/tree-versions.ts'
import type { Aggregate } from '../kit/trees.ts'
import { aggregates, floatsOf, forestOfLists, sumLeaves, targetCount } from '../kit/trees.ts'
import type { Operator } from '../operator.ts'

export const TreeEnsembleRegressor: Operator = {
  name: 'TreeEnsembleRegressor',
  domain: 'ai.onnx.ml',
  infer(ctx) {
    const shape = ctx.shape(0)
    ctx.output(0, 'float32', shape && [shape.length === 2 ? shape[0]! : 1, ctx.attributes.int('n_targets') ?? unknownDim()])
  },
  ready: holdAttributeTensors,
  evaluate(ctx) {
    const [rows, forest, base, transform] = [rowsOf(ctx), forestOfLists(ctx, 'target'), floatsOf(ctx, 'base_values'), postTransformOf(ctx)]
    const count = targetCount(ctx, forest)
    const how = ctx.attributes.string('aggregate_function', 'SUM') as Aggregate
    if (!aggregates.includes(how)) ctx.fail(`aggregate_function ${how}`)
    if (base.length > 0 && base.length !== count) ctx.fail(`${base.length} base values for ${count} targets`)
    const out = new Float32Array(rows.count * count)
    for (let row = 0; row < rows.count; row++) {
      const { scores } = sumLeaves(ctx, forest, rows, row, count, how)
      out.set(transformScores(scores.map((s, i) => s + (base[i] ?? 0)), transform, undefined), row * count)
    }
    return [float32Tensor(out, [rows.count, count])]
  },
  downgrade: treeDowngrades,
}
