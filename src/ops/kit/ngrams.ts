import type { AttributeReader } from '../operator.ts'
import type { Element } from './elements.ts'

/** A larger vocabulary than any; an index beyond comes from a broken file. */
const sizeLimit = 2 ** 26

/** An n-gram of the pool, and where it stands among all of them. */
export interface Gram {
  readonly items: readonly Element[]
  readonly number: number
}

/** What TfIdfVectorizer counts. */
export interface Pool {
  readonly mode: string
  readonly indexes: readonly number[]
  /** Columns of the result. */
  readonly size: number
  readonly shortest: number
  readonly longest: number
  readonly skips: number
  readonly weights: readonly number[] | undefined
  /** Those of the lengths asked for; of equal ones the first. */
  readonly grams: readonly Gram[]
}

interface Fails {
  readonly attributes: AttributeReader
  fail(message: string): never
}

/** Lengths, columns and mode, checked. */
export function gramLimits({ attributes, fail }: Fails): Omit<Pool, 'grams' | 'weights'> {
  const indexes = attributes.ints('ngram_indexes') ?? []
  const [mode, shortest, longest, skips] = [attributes.string('mode', ''), attributes.int('min_gram_length', 0), attributes.int('max_gram_length', 0), attributes.int('max_skip_count', 0)]
  if (!['TF', 'IDF', 'TFIDF'].includes(mode)) fail(`mode ${mode}`)
  if (shortest < 1 || longest < shortest || skips < 0) fail(`n-grams of ${shortest} to ${longest} with ${skips} skips`)
  if (indexes.length === 0 || indexes.some(i => i < 0 || i >= sizeLimit)) fail(`ngram_indexes must be there, and within 0 to ${sizeLimit - 1}`)
  return { mode, indexes, size: indexes.reduce((a, b) => Math.max(a, b), 0) + 1, shortest, longest, skips }
}

/** The n-grams of `ngram_counts`: those of n = 1 begin at the pool's first entry, and so on. */
export function poolOf(k: Fails): Pool {
  const { attributes, fail } = k
  const limits = gramLimits(k)
  const weights = attributes.floats('weights')
  if (weights?.length && weights.length < limits.indexes.length) fail(`${weights.length} weights for ${limits.indexes.length} n-grams`)
  const items: readonly Element[] = attributes.strings('pool_strings') ?? attributes.bigints('pool_int64s') ?? []
  const starts = attributes.ints('ngram_counts') ?? []
  const grams = new Map<string, Gram>()
  let number = 0
  starts.forEach((start, i) => {
    const [n, end] = [i + 1, starts[i + 1] ?? items.length]
    if (start < 0 || end < start || end > items.length || (end - start) % n !== 0) fail(`${n}-grams from ${start} to ${end} in a pool of ${items.length}`)
    for (let at = start; at < end; at += n, number++) {
      if (number >= limits.indexes.length) fail(`ngram_indexes has ${limits.indexes.length} entries, too few for the pool`)
      if (n < limits.shortest || n > limits.longest) continue
      const gram = items.slice(at, at + n)
      const key = JSON.stringify(gram.map(String))
      if (!grams.has(key)) grams.set(key, { items: gram, number })
    }
  })
  return { ...limits, weights, grams: [...grams.values()] }
}
