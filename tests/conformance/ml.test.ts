import { describe, expect, it } from 'vitest'
import { runNodeTest } from './run.ts'
import { loadTests } from './vectors.ts'

// Nodes of ai.onnx.ml, strings and signals against what onnxruntime gives for them (fixtures/onnx-ml). FILTER='svm' runs some.
const filter = process.env['FILTER']

/** Where onnxruntime 1.30 and we differ, and what speaks for us. */
const differences: readonly (readonly [names: RegExp, why: string])[] = [
  [/^label_encoder_2_floats_/, 'the text of version 2: keys are compared bit by bit, "so even a float NaN can be mapped"; onnxruntime never finds NaN'],
  [/^string_split_(comma|lo)_/, 'an empty string without the delimiter is one substring, as in ONNX\'s reference; onnxruntime counts none'],
  [/^svm_classifier_POLY_2_prob_PROBIT/, 'in float32 1 - 1e-7 times itself leaves nothing for the logarithm: onnxruntime gives an infinity'],
  [/^tree_ensemble_float\d+_2_\d_[12]$/, 'post_transform 1 is SOFTMAX and 2 is LOGISTIC; onnxruntime has them the other way round'],
  [/^tree_regressor_3_\w+_(NONE|SOFTMAX|SOFTMAX_ZERO|LOGISTIC)_1$|^tree_regressor_3_\w+_PROBIT_/, 'base values are added to every target; onnxruntime gives 0 for one of which no leaf spoke'],
  [/^tree_classifier_binary_both/, 'the label is that of the greatest score; onnxruntime says yes when the second score is above 0, whatever the first'],
  [/^tree_classifier_binary_first_two_bases/, 'two base values make two scores, and the label is that of the greatest'],
]

describe('nodes with the outputs of onnxruntime', () => {
  it('agree', { timeout: 120_000 }, async () => {
    const tests = loadTests('ml', filter === undefined ? undefined : new RegExp(filter))
    const failures: string[] = []
    for (const test of tests) for (const [precision, why] of Object.entries((await runNodeTest(test, ['exact', 'fast'])).failures)) failures.push(`${test.name} (${precision}): ${why}`)
    const nameOf = (failure: string): string => failure.slice(0, failure.indexOf(' '))
    expect(tests.length).toBeGreaterThan(0)
    expect(failures.filter(f => !differences.some(([names]) => names.test(nameOf(f))))).toEqual([])
    if (filter === undefined) expect(differences.filter(([names]) => !failures.some(f => names.test(nameOf(f))))).toEqual([])
  })
})
