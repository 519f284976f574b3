import type { Tensor } from '../../ir/tensor.ts'
import { int64Tensor, peekNumbers, stringTensor } from '../../ir/tensor.ts'
import type { AttributeReader, EvaluateContext, InferContext } from '../operator.ts'

/** ai.onnx.ml's ways to make scores of sums. */
export const postTransforms = ['NONE', 'SOFTMAX', 'LOGISTIC', 'SOFTMAX_ZERO', 'PROBIT'] as const
export type PostTransform = (typeof postTransforms)[number]

interface Fails {
  readonly attributes: AttributeReader
  fail(message: string): never
}

/** The attribute `post_transform` as text. */
export function postTransformOf(k: Fails): PostTransform {
  const name = k.attributes.string('post_transform', 'NONE')
  return (postTransforms as readonly string[]).includes(name) ? (name as PostTransform) : k.fail(`post_transform ${name}`)
}

export const logistic = (x: number): number => (x < 0 ? 1 - 1 / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)))

/** The normal quantile by Winitzki's inverse of erf, which ONNX's reference and onnxruntime use: good to 0.4 percent. */
export function probit(x: number): number {
  const y = 2 * x - 1
  const log = Math.log((1 - y) * (1 + y))
  const v = 2 / (Math.PI * 0.147) + log / 2
  return Math.SQRT2 * (y < 0 ? -1 : 1) * Math.sqrt(Math.sqrt(v * v - log / 0.147) - v)
}

function softmax(scores: readonly number[]): number[] {
  const top = scores.reduce((a, b) => Math.max(a, b), -Infinity)
  const powers = scores.map(s => Math.exp(s - top))
  const total = powers.reduce((a, b) => a + b, 0)
  return powers.map(p => p / total)
}

/** Zeros stay, nearly: they stand for classes that no tree has spoken of. */
function softmaxZero(scores: readonly number[]): number[] {
  const top = scores.reduce((a, b) => Math.max(a, b), -Infinity)
  const isZero = (s: number): boolean => Math.abs(s) <= 1e-7
  const powers = scores.map(s => (isZero(s) ? s * Math.exp(-top) : Math.exp(s - top)))
  const total = powers.reduce((sum, p, i) => (isZero(scores[i]!) ? sum : sum + p), 0)
  return powers.map(p => p / total)
}

/** How one score of two classes is told as two: as a probability, or with its sign turned. */
export type SecondClass = 'complement' | 'opposite' | undefined

/**
 * The scores of one row as onnxruntime writes them. A single score is left alone but by PROBIT; where a second class is
 * wanted it comes first.
 */
export function transformScores(scores: readonly number[], by: PostTransform, second: SecondClass): readonly number[] {
  const [score] = scores as [number]
  if (by === 'PROBIT') return scores.length === 1 && second ? [-probit(score), probit(score)] : scores.map(probit)
  if (scores.length === 1) {
    if (second === undefined) return scores
    if (by === 'LOGISTIC') return [logistic(-score), logistic(score)]
    return [second === 'complement' ? 1 - score : -score, score]
  }
  if (by === 'LOGISTIC') return scores.map(logistic)
  return by === 'SOFTMAX' ? softmax(scores) : by === 'SOFTMAX_ZERO' ? softmaxZero(scores) : scores
}

/** Class labels: one of two attributes. */
export interface Labels {
  readonly count: number
  /** The labels at these places; a place without one is called by its number. */
  of(places: readonly number[]): Tensor
}

/** Strings where these are given, else integers. */
export function labelsOf(k: Fails, ints: string, strings: string): Labels {
  const texts = k.attributes.strings(strings) ?? []
  const numbers = k.attributes.bigints(ints) ?? []
  if (texts.length === 0 && numbers.length === 0) k.fail('no class labels')
  return texts.length > 0
    ? { count: texts.length, of: places => stringTensor([places.length], places.map(p => texts[p] ?? String(p))) }
    : { count: numbers.length, of: places => int64Tensor(places.map(p => numbers[p] ?? p)) }
}

/** The types of a classifier's outputs: labels, and scores of `columns` each. */
export function inferClassifier(ctx: InferContext, strings: string, columns: number): void {
  const shape = ctx.shape(0)
  if (shape && (shape.length < 1 || shape.length > 2)) ctx.fail(`its input has rank ${shape.length}`)
  const rows = shape && (shape.length === 2 ? shape[0]! : 1)
  ctx.output(0, ctx.attributes.strings(strings)?.length ? 'string' : 'int64', rows === undefined ? undefined : [rows])
  ctx.output(1, 'float32', rows === undefined ? undefined : [rows, columns])
}

/** Rows of features: a tensor of one axis is one row. */
export interface Rows {
  readonly count: number
  readonly features: number
  readonly numbers: ArrayLike<number>
}

/** The first input as rows of numbers. */
export function rowsOf(ctx: EvaluateContext): Rows {
  const x = ctx.tensor(0)
  if (x.shape.length < 1 || x.shape.length > 2) ctx.fail(`its input has rank ${x.shape.length}`)
  return { count: x.shape.length === 2 ? x.shape[0]! : 1, features: x.shape.at(-1)!, numbers: peekNumbers(x)! }
}
