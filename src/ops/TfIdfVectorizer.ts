import { float32Tensor } from '../ir/tensor.ts'
import type { Element } from './kit/elements.ts'
import { elementsOf } from './kit/elements.ts'
import { countedGrams } from './kit/ngram-graph.ts'
import type { Gram } from './kit/ngrams.ts'
import { gramLimits, poolOf } from './kit/ngrams.ts'
import { nodeAttributes } from './kit/algebra.ts'
import { computeInvalid } from './diagnostics.ts'
import type { Operator } from './operator.ts'

/** The n-grams that begin alike; `gram` counts those of the pool. */
interface Branch {
  gram: number | undefined
  readonly next: Map<Element, Branch>
}

const branch = (): Branch => ({ gram: undefined, next: new Map() })

function branches(grams: readonly Gram[]): Branch {
  const root = branch()
  for (const { items, number } of grams) {
    let place = root
    for (const item of items) {
      let next = place.next.get(item)
      if (next === undefined) place.next.set(item, (next = branch()))
      place = next
    }
    place.gram = number
  }
  return root
}

export const TfIdfVectorizer: Operator = {
  name: 'TfIdfVectorizer',
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape && shape.length > 2) ctx.fail(`its input has rank ${shape.length}`)
    ctx.output(0, 'float32', shape && [...shape.slice(0, -1), gramLimits(ctx).size])
  },
  evaluate(ctx) {
    const { mode, indexes, size, longest, skips, weights, grams } = poolOf(ctx)
    const x = ctx.tensor(0)
    const root = branches(grams)
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
  decompose(b, node) {
    const fail = (message: string): never => {
      throw computeInvalid(node, message)
    }
    const y = countedGrams(b, node, poolOf({ attributes: nodeAttributes(node), fail }))
    return y && [y]
  },
}
