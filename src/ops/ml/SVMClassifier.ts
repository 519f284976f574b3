import { float32Tensor } from '../../ir/tensor.ts'
import { inferClassifier, labelsOf, logistic, postTransformOf, rowsOf, transformScores } from '../kit/scores.ts'
import { couple, kernelOf } from '../kit/svm.ts'
import type { AttributeReader, EvaluateContext, Operator } from '../operator.ts'

const classCount = (a: AttributeReader): number => a.strings('classlabels_strings')?.length || (a.ints('classlabels_ints')?.length ?? 0)

/** One column a class where probabilities are told or the machine is linear; else one a pair of classes, two for two. */
function columnsOf(a: AttributeReader): number {
  const classes = classCount(a)
  const paired = (a.ints('vectors_per_class') ?? []).some(n => n > 0) && !a.floats('prob_a')?.length
  return paired ? (classes > 2 ? (classes * (classes - 1)) / 2 : 2) : classes
}

/** Where the greatest is, the first of equals. */
const greatest = (values: ArrayLike<number>): number => Array.from(values).reduce((best, v, i, all) => (v > all[best]! ? i : best), 0)

/** The decision values of all pairs of classes, those of the first class first. */
function decisions(ctx: EvaluateContext, products: Float64Array, starts: readonly number[], coefficients: readonly number[], shifts: readonly number[]): number[] {
  const [classes, vectors] = [starts.length - 1, products.length]
  const out: number[] = []
  const part = (line: number, of: number): number => {
    let sum = 0
    for (let v = starts[of]!; v < starts[of + 1]!; v++) sum += coefficients[line * vectors + v]! * products[v]!
    return sum
  }
  for (let i = 0; i < classes; i++) for (let j = i + 1; j < classes; j++) out.push(part(j - 1, i) + part(i, j) + (shifts[out.length] ?? ctx.fail('rho is too short')))
  return out
}

export const SVMClassifier: Operator = {
  name: 'SVMClassifier',
  domain: 'ai.onnx.ml',
  infer: ctx => inferClassifier(ctx, 'classlabels_strings', columnsOf(ctx.attributes)),
  evaluate(ctx) {
    const { attributes } = ctx
    const [rows, labels, transform] = [rowsOf(ctx), labelsOf(ctx, 'classlabels_ints', 'classlabels_strings'), postTransformOf(ctx)]
    const [coefficients, shifts, probA, probB] = ['coefficients', 'rho', 'prob_a', 'prob_b'].map(name => attributes.floats(name) ?? []) as [readonly number[], readonly number[], readonly number[], readonly number[]]
    const counts = attributes.ints('vectors_per_class') ?? []
    const starts = counts.reduce((all, n) => [...all, all.at(-1)! + n], [0])
    const vectors = starts.at(-1)!
    const [linear, classes] = [vectors === 0, labels.count]
    const pairs = (classes * (classes - 1)) / 2
    if (!linear && (counts.length !== classes || counts.some(n => n < 0) || coefficients.length < (classes - 1) * vectors)) ctx.fail(`${coefficients.length} coefficients and ${counts.length} counts of vectors for ${classes} classes`)
    if (probA.length !== probB.length || (probA.length > 0 && probA.length < pairs)) ctx.fail(`prob_a and prob_b of ${probA.length} and ${probB.length}`)
    const kernel = kernelOf(ctx, linear ? coefficients : (attributes.floats('support_vectors') ?? []), linear ? classes : vectors, rows.features, linear)
    const positive = coefficients.every(c => c >= 0)

    const told: number[] = []
    const places: number[] = []
    for (let row = 0; row < rows.count; row++) {
      const products = kernel(rows, row)
      if (linear) {
        const scores = Array.from(products, p => p + (shifts[0] ?? 0))
        const best = greatest(scores)
        const second = classes === 2 && probA.length === 0 && scores[best]! > 0 && (!positive || scores[best]! >= 0.5)
        places.push(second ? 1 : best)
        told.push(...transformScores(scores, transform, undefined))
        continue
      }
      const values = decisions(ctx, products, starts, coefficients, shifts)
      const votes = Array.from({ length: classes }, () => 0)
      const matrix = votes.map(() => [...votes])
      let n = 0
      for (let i = 0; i < classes; i++)
        for (let j = i + 1; j < classes; j++, n++) {
          votes[values[n]! > 0 ? i : j]!++
          const p = Math.min(Math.max(1 - logistic(values[n]! * (probA[n] ?? 0) + (probB[n] ?? 0)), 1e-7), 1 - 1e-7)
          matrix[i]![j] = p
          matrix[j]![i] = 1 - p
        }
      places.push(greatest(votes))
      if (probA.length > 0) told.push(...transformScores(couple(matrix), transform, undefined))
      else told.push(...transformScores(values, transform, classes > 2 ? undefined : transform === 'NONE' ? 'opposite' : 'complement'))
    }
    return [labels.of(places), float32Tensor(told, [rows.count, columnsOf(attributes)])]
  },
}
