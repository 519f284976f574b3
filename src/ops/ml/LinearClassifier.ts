import { float32Tensor } from '../../ir/tensor.ts'
import { dtypeOf, nodeAttributes, shapeOf } from '../kit/algebra.ts'
import { linearSums } from '../kit/linear.ts'
import { asFloats, asRows, castTo, linearScores, refuse, transformed } from '../kit/ml-graph.ts'
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
  decompose(b, node) {
    const attributes = nodeAttributes(node)
    const [counts, coefficients, transform] = [classCount(attributes), attributes.floats('coefficients') ?? [], attributes.string('post_transform', 'NONE')]
    const rows = dtypeOf(node.inputs[0]) && asRows(b, asFloats(b, node.inputs[0]!))
    if (!rows || coefficients.length === 0 || coefficients.length !== counts.targets * Number(shapeOf(rows)!.at(-1)) || counts.labels < 2) return undefined
    const labels = b.constant(labelsOf({ attributes, fail: message => refuse(node, message) }, 'classlabels_ints', 'classlabels_strings').of(Array.from({ length: counts.labels }, (_, i) => i)))
    const sums = linearScores(b, rows, counts.targets, coefficients, attributes.floats('intercepts') ?? [])
    if (counts.targets > 1) {
      const told = transformed(b, sums, transform)
      return told && [b.op('Gather', [labels, b.op('ArgMax', [sums], { axis: 1, keepdims: 0 })]), castTo(b, told, 'float32')]
    }
    if (!addsSecond(counts) || transform === 'PROBIT') return undefined
    const second = b.op('Reshape', [castTo(b, b.op('Greater', [sums, b.scalar(0, dtypeOf(sums)!)]), 'int64'), b.ints([-1])])
    const both = transform === 'LOGISTIC' ? [b.op('Neg', [sums]), sums].map(s => b.op('Sigmoid', [s])) : [b.op('Sub', [b.scalar(1, dtypeOf(sums)!), sums]), sums]
    return [b.op('Gather', [labels, second]), castTo(b, b.op('Concat', both, { axis: 1 }), 'float32')]
  },
}
