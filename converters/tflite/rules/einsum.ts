import type { Value } from '../../../src/ir/model.ts'
import { writtenOut } from '../../../src/ops/kit/written-out.ts'
import { parseEquation } from '../../../src/ops/kit/einsum.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { rankOf, sizesOf, stringOf } from '../../../src/passes/kit/values.ts'
import { onNode } from './kit.ts'

interface Operand {
  readonly value: Value
  readonly labels: readonly string[]
}

/** A value with its axes in another order; labels it lacks get axes of size 1. */
function arranged(b: Builder, { value, labels }: Operand, order: readonly string[]): Value {
  const own = order.filter(c => labels.includes(c))
  const perm = own.map(c => labels.indexOf(c))
  const turned = perm.every((p, i) => p === i) ? value : b.op('Transpose', [value], { perm })
  const missing = order.flatMap((c, i) => (labels.includes(c) ? [] : [i]))
  return missing.length === 0 ? turned : b.op('Unsqueeze', [turned, b.ints(missing)])
}

/** The diagonal of axes that have one label. */
function diagonal(b: Builder, operand: Operand, sizes: ReadonlyMap<string, number>): Operand {
  const { value, labels } = operand
  const twice = labels.find((c, i) => labels.indexOf(c) < i)
  if (twice === undefined) return operand
  const [one, other] = labels.flatMap((c, i) => (c === twice ? [i] : [])) as [number, number]
  const rest = labels.map((_, i) => i).filter(i => i !== one && i !== other)
  const size = sizes.get(twice)!
  const turned = b.op('Transpose', [value], { perm: [...rest, one, other] })
  const flat = b.op('Reshape', [turned, b.ints([...rest.map(i => sizes.get(labels[i]!)!), size * size])])
  const places = b.ints(Array.from({ length: writtenOut(size) }, (_, i) => i * (size + 1)))
  return diagonal(b, { value: b.op('Gather', [flat, places], { axis: rest.length }), labels: [...rest.map(i => labels[i]!), twice] }, sizes)
}

/** Sums over labels that only this operand has and the result lacks. */
function reduced(b: Builder, operand: Operand, wanted: ReadonlySet<string>): Operand {
  const gone = operand.labels.flatMap((c, i) => (wanted.has(c) ? [] : [i]))
  if (gone.length === 0) return operand
  return { value: b.op('ReduceSum', [operand.value, b.ints(gone)], { keepdims: 0 }), labels: operand.labels.filter(c => wanted.has(c)) }
}

/**
 * Two operands as a product of matrices: shared labels that stay are the batch, those that go are summed over, and what only
 * one of them has are rows or columns. Several labels of a kind become one axis.
 */
function product(b: Builder, x: Operand, y: Operand, output: readonly string[], sizes: ReadonlyMap<string, number>): Operand {
  const [own, other] = [new Set(x.labels), new Set(y.labels)]
  const batch = output.filter(c => own.has(c) && other.has(c))
  const rows = output.filter(c => own.has(c) && !other.has(c))
  const columns = output.filter(c => other.has(c) && !own.has(c))
  const summed = x.labels.filter(c => other.has(c) && !output.includes(c))
  const count = (labels: readonly string[]): number => labels.reduce((n, c) => n * sizes.get(c)!, 1)
  const labels = [...batch, ...rows, ...columns]
  if (summed.length === 0) return { value: b.op('Mul', [arranged(b, x, labels), arranged(b, y, labels)]), labels }
  const merge = (value: Value, kinds: readonly (readonly string[])[]): Value =>
    kinds.every(k => k.length === 1) ? value : b.op('Reshape', [value, b.ints([...batch.map(c => sizes.get(c)!), ...kinds.map(count)])])
  const left = merge(arranged(b, x, [...batch, ...rows, ...summed]), [rows, summed])
  const right = merge(arranged(b, y, [...batch, ...summed, ...columns]), [summed, columns])
  const made = b.op('MatMul', [left, right])
  return { value: rows.length === 1 && columns.length === 1 ? made : b.op('Reshape', [made, b.ints(labels.map(c => sizes.get(c)!))]), labels }
}

/** Products and sums by labels, two operands at a time. */
export const einsum = onNode('einsum', 'Einsum', (node, b, refuse) => {
  const values = node.inputs as readonly Value[]
  const ranks = values.map(rankOf)
  const equation = ranks.every(r => r !== undefined) ? parseEquation(stringOf(node, 'equation', ''), ranks) : undefined
  if (equation === undefined) return refuse('the ranks are not known')
  const sizes = new Map<string, number>()
  for (const [i, labels] of equation.inputs.entries()) {
    const shape = sizesOf(values[i])
    if (shape === undefined) return refuse('the sizes are not known')
    for (const [d, c] of labels.entries()) {
      if ((sizes.get(c) ?? shape[d]) !== shape[d]) return refuse('a label with sizes that broadcast')
      sizes.set(c, shape[d]!)
    }
  }
  let [first, ...rest] = equation.inputs.map((labels, i) => diagonal(b, { labels, value: values[i]! }, sizes))
  for (; rest.length > 0; rest = rest.slice(1)) {
    const later = new Set([...equation.output, ...rest.slice(1).flatMap(o => o.labels)])
    const second = rest[0]!
    const left = reduced(b, first!, new Set([...later, ...second.labels]))
    const right = reduced(b, second, new Set([...later, ...first!.labels]))
    first = product(b, left, right, [...new Set([...left.labels, ...right.labels])].filter(c => later.has(c)), sizes)
  }
  const last = reduced(b, first!, new Set(equation.output))
  const y = arranged(b, last, equation.output)
  return y === values[0] ? b.op('Identity', [y]) : y
})
