import type { Dim } from '../../ir/dim.ts'
import { addDims, floorDivDims, mulDims } from '../../ir/dim.ts'
import type { Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import { computeInvalid } from '../diagnostics.ts'
import { dtypeOf, nodeAttributes, shapeOf } from '../kit/algebra.ts'
import { keyMask } from '../kit/key-mask.ts'
import { sizeOf } from '../kit/normalize.ts'
import { sizeValue } from '../kit/reshape-to.ts'
import { attend, causal, joinHeads, splitHeads } from '../kit/scaled-product.ts'
import type { InferContext, Operator } from '../operator.ts'

/** Sizes by what the ranks of query and key say: all in one, keys and values in one, each apart, or keys and values with heads of their own. */
function lengths(ctx: InferContext): { readonly rows: Dim; readonly columns: Dim; readonly size: Dim; readonly width: Dim } | undefined {
  const [q, k, v] = [0, 1, 2].map(i => (ctx.has(i) ? ctx.shape(i) : undefined))
  const heads = ctx.attributes.int('num_heads', 0)
  if (heads < 1) ctx.fail(`num_heads ${heads}`)
  if (q === undefined || (ctx.has(1) && k === undefined) || (ctx.has(2) && v === undefined)) return undefined
  const per = (width: Dim): Dim => floorDivDims(width, heads)
  if (q.length === 5) return { rows: q[1]!, columns: q[1]!, size: q[4]!, width: mulDims(q[4]!, heads) }
  if (q.length !== 3) ctx.fail(`a query of rank ${q.length}`)
  if (k === undefined) return ctx.fail('keys are missing')
  if (k.length === 5) return { rows: q[1]!, columns: k[1]!, size: k[4]!, width: mulDims(k[4]!, heads) }
  if (v === undefined || v.length !== k.length || (k.length !== 3 && k.length !== 4)) return ctx.fail(`keys and values of rank ${k.length} and ${v?.length ?? 0}`)
  return { rows: q[1]!, columns: k.length === 4 ? k[2]! : k[1]!, size: per(q[2]!), width: k.length === 4 ? mulDims(v[1]!, v[3]!) : v[2]! }
}

/** One of several that are packed along axis 3 of [batch, length, heads, several, size], as [batch, heads, length, size]. */
function unpack(b: Builder, packed: Value, count: number): Value[] {
  const parts = b.ops('Split', [packed], count, { axis: 3, num_outputs: count })
  return parts.map(p => b.op('Transpose', [b.op('Squeeze', [p, b.ints([3])])], { perm: [0, 2, 1, 3] }))
}

/** Attention of queries to keys and values that are projected before it. */
export const MultiHeadAttention: Operator = {
  name: 'MultiHeadAttention',
  domain: 'com.microsoft',
  infer(ctx) {
    const [found, dtype, heads] = [lengths(ctx), ctx.dtype(0), ctx.attributes.int('num_heads', 0)]
    const batch = ctx.shape(0)?.[0]
    const past = ctx.has(6) ? ctx.shape(6)?.[2] : 0
    const columns = found && past !== undefined && !ctx.has(8) ? addDims(past, found.columns) : undefined
    ctx.output(0, dtype, found && [batch!, found.rows, found.width])
    ctx.output(1, dtype, columns === undefined ? undefined : [batch!, heads, columns, found!.size])
    ctx.output(2, dtype, columns === undefined ? undefined : [batch!, heads, columns, floorDivDims(found!.width, heads)])
    ctx.output(3, dtype, columns === undefined ? undefined : [batch!, heads, found!.rows, columns])
  },
  decompose(b, node) {
    const [query, key, value, bias, mask, added, pastKey, pastValue] = node.inputs
    const attributes = nodeAttributes(node)
    if (node.inputs.slice(8).some(v => v !== undefined)) throw computeInvalid(node, 'a buffer that past and present share is for other devices than the CPU')
    const heads = attributes.int('num_heads', 1)
    const [dtype, shape, keyRank] = [dtypeOf(query), shapeOf(query), shapeOf(key)?.length]
    if (!query || dtype === undefined || shape === undefined || (key && keyRank === undefined)) return undefined
    const operands = (): (Value | undefined)[] => {
      if (shape.length === 5) return unpack(b, query, 3)
      return [splitHeads(b, query, heads), ...(keyRank === 5 ? unpack(b, key!, 2) : [key, value].map(v => v && (keyRank === 4 ? v : splitHeads(b, v, heads))))]
    }
    const [q, k, v] = operands()
    if (!q || !k || !v) return undefined
    const biases = (): (Value | undefined)[] => {
      const [size, width] = [sizeOf(q, 3), sizeOf(v, 3)]
      if (!bias || size === undefined || width === undefined) return []
      return b.ops('Split', [bias, b.ints([heads * size, heads * size, heads * width])], 3, { axis: 0 }).map((part, i) => b.op('Reshape', [part, b.ints([heads, 1, i === 2 ? width : size])]))
    }
    const parts = biases()
    if (bias && parts.length === 0) return undefined
    // keys and values that have heads of their own are taken as they are
    const [bq, bk, bv] = [q, k, v].map((x, i) => (parts[i] && !(i > 0 && keyRank === 4) ? b.op('Add', [x, parts[i]]) : x))
    const keys = pastKey ? b.op('Concat', [pastKey, bk], { axis: 2 }) : bk!
    const values = pastValue ? b.op('Concat', [pastValue, bv], { axis: 2 }) : bv!
    const behind = pastKey ? ([pastKey, 2] as const) : 0
    const masked = mask && keyMask(b, mask, { batch: shape[0]!, columns: [keys, 2], past: behind, rows: [query, 1], filter: attributes.float('mask_filter_value', -10000), dtype })
    if (mask && !masked) return undefined
    const seen = attributes.int('unidirectional', 0) !== 0 ? causal(b, [query, 1], [keys, 2], sizeValue(b, behind)) : undefined
    const made = attend(b, { heads: [heads, heads], q: bq!, k: keys, v: values, scale: attributes.float('scale', 0) || undefined, added: [masked, added], seen })
    return made && [joinHeads(b, made.y), keys, values, made.logits]
  },
}
