import { kindOf } from '../../ir/dtype.ts'
import type { Node, Value } from '../../ir/model.ts'
import { bytesOf, float32Tensor, inlineTensor, stringTensor } from '../../ir/tensor.ts'
import type { Builder } from '../builder.ts'
import { dtypeOf, shapeOf } from './algebra.ts'
import { castTo } from './older.ts'
import type { Pool } from './ngrams.ts'
import { writtenOut } from './written-out.ts'

/** Comparisons of a row with the pool beyond which a node is not taken apart. */
const mostCompared = 2 ** 22

/** TfIdfVectorizer by comparing every place of a row with every n-gram of the pool. Undefined for rows of a length that is not known. */
export function countedGrams(b: Builder, node: Node, { grams, mode, indexes, size, skips, weights }: Pool): Value | undefined {
  const [x] = node.inputs as [Value]
  const [shape, dtype] = [shapeOf(x), dtypeOf(x)]
  const width = shape?.at(-1)
  if (!shape || shape.length < 1 || typeof width !== 'number' || width < 1 || dtype === undefined || grams.length === 0) return undefined
  const strings = kindOf(dtype) === 'string'
  const length = grams.reduce((sum, g) => sum + g.items.length, 0)
  if (length * width * (skips + 1) > mostCompared) return undefined
  // several n-grams of one place add up; which of them is seen last is not known here
  const places = new Set(grams.map(g => indexes[g.number]!))
  if (mode === 'IDF' && places.size < grams.length) return undefined
  const rows = shape.length === 1 ? b.op('Unsqueeze', [x, b.ints([0])]) : x
  const long = Math.min(skips + 1, Math.max(1, width - 1))
  const ordered = [...new Set(grams.map(g => g.items.length))].sort((p, q) => p - q).map(n => grams.filter(g => g.items.length === n))
  const counts = ordered.map(list => {
    const n = list[0]!.items.length
    const item = (k: number): Value => {
      const items = list.map(g => g.items[k]!)
      const given = strings ? stringTensor([1, 1, items.length], items as string[]) : inlineTensor('int64', [1, 1, items.length], bytesOf(BigInt64Array.from(items as bigint[])))
      return strings || dtype === 'int64' ? b.constant(given) : castTo(b, b.constant(given), dtype)
    }
    const found: Value[] = []
    for (let step = 1; step <= (n === 1 ? 1 : long); step++) {
      const count = width - (n - 1) * step
      if (count < 1) break
      const equal = Array.from({ length: n }, (_, k) => b.op('Equal', [b.op('Unsqueeze', [b.op('Slice', [rows, b.ints([k * step]), b.ints([k * step + count]), b.ints([1])]), b.ints([2])]), item(k)]))
      found.push(b.op('ReduceSum', [castTo(b, equal.reduce((p, q) => b.op('And', [p, q])), 'float32'), b.ints([1])], { keepdims: 0 }))
    }
    return found.length === 0 ? undefined : { list, value: found.reduce((p, q) => b.op('Add', [p, q])) }
  }).filter(c => c !== undefined)
  if (counts.length === 0) return undefined
  const all = b.op('Concat', counts.map(c => c.value), { axis: 1 })
  const inOrder = counts.flatMap(c => c.list)
  const table = new Float32Array(writtenOut(inOrder.length * size))
  inOrder.forEach((g, i) => (table[i * size + indexes[g.number]!] = mode === 'TF' ? 1 : (weights?.[g.number] ?? 1)))
  const seen = mode === 'IDF' ? castTo(b, b.op('Greater', [all, b.scalar(0, 'float32')]), 'float32') : all
  const y = b.op('MatMul', [seen, b.constant(float32Tensor(table, [inOrder.length, size]))])
  return shape.length === 1 ? b.op('Squeeze', [y, b.ints([0])]) : y
}
