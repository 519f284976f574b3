import { float32Tensor } from '../ir/tensor.ts'
import type { Element } from './kit/elements.ts'
import { elementsOf } from './kit/elements.ts'
import type { AttributeReader, EvaluateContext, InferContext, Operator } from './operator.ts'

/** A larger vocabulary than any; an index beyond comes from a broken file. */
const sizeLimit = 2 ** 26

/** The n-grams that begin alike; `gram` counts those of the pool. */
interface Branch {
  gram: number | undefined
  readonly next: Map<Element, Branch>
}

const branch = (): Branch => ({ gram: undefined, next: new Map() })

function checked(ctx: InferContext | EvaluateContext): { readonly mode: string; readonly indexes: readonly number[]; readonly size: number; readonly shortest: number; readonly longest: number; readonly skips: number } {
  const { attributes } = ctx
  const indexes = attributes.ints('ngram_indexes') ?? []
  const [mode, shortest, longest, skips] = [attributes.string('mode', ''), attributes.int('min_gram_length', 0), attributes.int('max_gram_length', 0), attributes.int('max_skip_count', 0)]
  if (!['TF', 'IDF', 'TFIDF'].includes(mode)) ctx.fail(`mode ${mode}`)
  if (shortest < 1 || longest < shortest || skips < 0) ctx.fail(`n-grams of ${shortest} to ${longest} with ${skips} skips`)
  if (indexes.length === 0 || indexes.some(i => i < 0 || i >= sizeLimit)) ctx.fail(`ngram_indexes must be there, and within 0 to ${sizeLimit - 1}`)
  return { mode, indexes, size: indexes.reduce((a, b) => Math.max(a, b), 0) + 1, shortest, longest, skips }
}

/** The pool's n-grams of `ngram_counts`: those of n = 1 begin at its first entry, and so on. */
function grams(ctx: EvaluateContext, attributes: AttributeReader, shortest: number, longest: number, known: number): Branch {
  const pool: readonly Element[] = attributes.strings('pool_strings') ?? attributes.bigints('pool_int64s') ?? []
  const starts = attributes.ints('ngram_counts') ?? []
  const root = branch()
  let gram = 0
  starts.forEach((start, i) => {
    const [n, end] = [i + 1, starts[i + 1] ?? pool.length]
    if (start < 0 || end < start || end > pool.length || (end - start) % n !== 0) ctx.fail(`${n}-grams from ${start} to ${end} in a pool of ${pool.length}`)
    for (let at = start; at < end; at += n, gram++) {
      if (gram >= known) ctx.fail(`ngram_indexes has ${known} entries, too few for the pool`)
      if (n < shortest || n > longest) continue
      let place = root
      for (const item of pool.slice(at, at + n)) {
        let next = place.next.get(item)
        if (next === undefined) place.next.set(item, (next = branch()))
        place = next
      }
      place.gram ??= gram
    }
  })
  return root
}

export const TfIdfVectorizer: Operator = {
  name: 'TfIdfVectorizer',
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape && shape.length > 2) ctx.fail(`its input has rank ${shape.length}`)
    ctx.output(0, 'float32', shape && [...shape.slice(0, -1), checked(ctx).size])
  },
  evaluate(ctx) {
    const { mode, indexes, size, shortest, longest, skips } = checked(ctx)
    const x = ctx.tensor(0)
    const root = grams(ctx, ctx.attributes, shortest, longest, indexes.length)
    const weights = ctx.attributes.floats('weights')
    if (weights?.length && weights.length < indexes.length) ctx.fail(`${weights.length} weights for ${indexes.length} n-grams`)
    const items = elementsOf(x).map(e => (typeof e === 'number' ? BigInt(e) : e))
    const width = x.shape.at(-1) ?? 1
    const rows = x.shape.length === 2 ? x.shape[0]! : 1
    const out = new Float32Array(rows * size)
    const see = (row: number, gram: number): void => {
      const at = row * size + indexes[gram]!
      const weight = mode === 'TF' ? 1 : (weights?.[gram] ?? 1)
      out[at] = mode === 'IDF' ? weight : out[at]! + weight
    }
    // steps beyond the row's length reach no second item
    for (let row = 0; row < rows; row++)
      for (let step = 1; step <= Math.min(skips + 1, Math.max(1, width - 1)); step++)
        for (let start = 0; start < width; start++) {
          let place: Branch | undefined = root
          for (let n = 1, at = start; n <= longest && at < width; n++, at += step) {
            place = place.next.get(items[row * width + at]!)
            if (place === undefined) break
            if (place.gram !== undefined && (n > 1 || step === 1)) see(row, place.gram)
          }
        }
    return [float32Tensor(out, [...x.shape.slice(0, -1), size])]
  },
}
