import type { Node, Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import { dtypeOf, nodeAttributes, shapeOf } from './algebra.ts'
import { keyMask } from './key-mask.ts'
import { sizeValue } from './reshape-to.ts'
import { attend, causal, joinHeads, splitHeads } from './scaled-product.ts'

/** What attention of a sequence to itself works on. */
export interface Projected {
  /** The input, whose second axis counts the rows. */
  readonly x: Value
  /** Queries, keys and values side by side, [batch, rows, sum of `sizes`]. */
  readonly projected: Value
  readonly sizes: readonly number[]
  readonly mask: Value | undefined
  /** [2, batch, heads, rows before, size] */
  readonly past: Value | undefined
  /** Added to the scores. */
  readonly added?: Value | undefined
}

/** com.microsoft's Attention and QAttention from the projections on: the outcome and, where the node has a second output, keys and values with those before. */
export function selfAttention(b: Builder, node: Node, { x, projected, sizes, mask, past, added }: Projected): readonly (Value | undefined)[] | undefined {
  const attributes = nodeAttributes(node)
  const heads = attributes.int('num_heads', 1)
  const [dtype, batch] = [dtypeOf(projected), shapeOf(x)?.[0]]
  if (dtype === undefined || batch === undefined) return undefined
  const parts = b.ops('Split', [projected, b.ints(sizes)], 3, { axis: 2 })
  const [q, ownK, ownV] = parts.map(p => splitHeads(b, p, heads))
  const before = past && b.ops('Split', [past, b.ints([1, 1])], 2, { axis: 0 }).map(half => b.op('Squeeze', [half, b.ints([0])]))
  const [k, v] = [ownK!, ownV!].map((own, i) => (before ? b.op('Concat', [before[i], own], { axis: 2 }) : own))
  const behind = before ? ([before[0]!, 2] as const) : 0
  const masked = mask && keyMask(b, mask, { batch, columns: [k!, 2], past: behind, rows: [x, 1], filter: attributes.float('mask_filter_value', -10000), dtype })
  if (mask && !masked) return undefined
  const seen = attributes.int('unidirectional', 0) !== 0 ? causal(b, [x, 1], [k!, 2], sizeValue(b, behind)) : undefined
  const made = attend(b, { heads: [heads, heads], q: q!, k: k!, v: v!, scale: attributes.float('scale', 0) || undefined, added: [masked, added], seen })
  const stacked = (): Value => b.op('Concat', [k, v].map(half => b.op('Unsqueeze', [half, b.ints([0])])), { axis: 0 })
  return made && [joinHeads(b, made.y), node.outputs[1] && stacked()]
}
