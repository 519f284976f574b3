import { float32Tensor } from '../../ir/tensor.ts'
import { holdAttributeTensors } from '../kit/attribute-tensors.ts'
import type { PostTransform } from '../kit/scores.ts'
import { inferClassifier, labelsOf, postTransformOf, rowsOf, transformScores } from '../kit/scores.ts'
import { treeDowngrades } from '../kit/tree-versions.ts'
import { floatsOf, forestOfLists, sumLeaves } from '../kit/trees.ts'
import type { AttributeReader, Operator } from '../operator.ts'

const classCount = (a: AttributeReader): number => a.strings('classlabels_strings')?.length || (a.ints('classlabels_int64s')?.length ?? 0)

interface Verdict {
  readonly place: number
  readonly scores: readonly number[]
}

/** The greatest of the classes that trees spoke of; the first of equals. */
function greatest(scores: readonly number[], spoken: readonly boolean[]): number {
  let best = -1
  for (const [i, s] of scores.entries()) if (spoken[i] && (best < 0 || s > scores[best]!)) best = i
  return Math.max(0, best)
}

/**
 * Two classes of which all leaves name but one: its score decides against a half when no weight is negative, else against
 * 0. The score of the first class stands for both.
 */
function decideOne([first, second]: readonly number[], named: number, positive: boolean, transform: PostTransform): Verdict {
  const scores = named === 1 ? transformScores([first!, second!], transform, undefined) : transformScores([first!], transform, positive ? 'complement' : 'opposite')
  return { place: (named === 1 ? second! : first!) > (positive ? 0.5 : 0) ? 1 : 0, scores }
}

export const TreeEnsembleClassifier: Operator = {
  name: 'TreeEnsembleClassifier',
  domain: 'ai.onnx.ml',
  infer: ctx => inferClassifier(ctx, 'classlabels_strings', classCount(ctx.attributes)),
  ready: holdAttributeTensors,
  evaluate(ctx) {
    const [rows, forest, base, transform] = [rowsOf(ctx), forestOfLists(ctx, 'class'), floatsOf(ctx, 'base_values'), postTransformOf(ctx)]
    const labels = labelsOf(ctx, 'classlabels_int64s', 'classlabels_strings')
    const { count } = labels
    const only = new Set(Array.from(forest.targets)).size === 1
    const positive = Array.from(forest.weights).every(w => w >= 0)
    const decide = (row: number): Verdict => {
      const { scores, spoken } = sumLeaves(ctx, forest, rows, row, count, 'SUM')
      if (count === 2 && only && base.length < 2) return decideOne([scores[0]! + (base[0] ?? 0), scores[1]!], spoken[1] ? 1 : 0, positive, transform)
      base.forEach((b, i) => {
        scores[i]! += b
        spoken[i] = true
      })
      return { place: count === 1 ? (scores[0]! > 0 ? 1 : 0) : greatest(scores, spoken), scores: transformScores(scores, transform, undefined) }
    }
    if (base.length > Math.max(1, count)) ctx.fail(`${base.length} base values for ${count} classes`)
    const verdicts = Array.from({ length: rows.count }, (_, row) => decide(row))
    return [labels.of(verdicts.map(v => v.place)), float32Tensor(verdicts.flatMap(v => v.scores), [rows.count, count])]
  },
  downgrade: treeDowngrades,
}
