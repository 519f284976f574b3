import { float32Tensor } from '../../ir/tensor.ts'
import { linearSums } from '../kit/linear.ts'
import { inferClassifier, labelsOf, postTransformOf, rowsOf, transformScores } from '../kit/scores.ts'
import type { AttributeReader, Operator } from '../operator.ts'

/** Rows of coefficients: one an intercept; where there are none, one a class. */
function classCount(a: AttributeReader): { readonly labels: number; readonly targets: number } {
  const labels = a.strings('classlabels_strings')?.length || (a.ints('classlabels_ints')?.length ?? 0)
  return { labels, targets: a.floats('intercepts')?.length || labels }
}

const addsSecond = ({ labels, targets }: { readonly labels: number; readonly targets: number }): boolean => targets === 1 && labels === 2

export const LinearClassifier: Operator = {
  name: 'LinearClassifier',
  domain: 'ai.onnx.ml',
  infer(ctx) {
    const counts = classCount(ctx.attributes)
    inferClassifier(ctx, 'classlabels_strings', addsSecond(counts) ? 2 : counts.targets)
  },
  evaluate(ctx) {
    const [rows, labels, transform, counts] = [rowsOf(ctx), labelsOf(ctx, 'classlabels_ints', 'classlabels_strings'), postTransformOf(ctx), classCount(ctx.attributes)]
    const columns = addsSecond(counts) ? 2 : counts.targets
    const places: number[] = []
    const told: number[] = []
    for (let row = 0; row < rows.count; row++) {
      const sums = linearSums(ctx, rows, row, counts.targets)
      places.push(counts.targets === 1 ? (sums[0]! > 0 ? 1 : 0) : sums.reduce((best, s, i) => (s > sums[best]! ? i : best), 0))
      told.push(...transformScores(sums, transform, addsSecond(counts) ? 'complement' : undefined))
    }
    return [labels.of(places), float32Tensor(told, [rows.count, columns])]
  },
}
