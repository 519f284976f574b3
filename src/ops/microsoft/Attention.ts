import type { Dim } from '../../ir/dim.ts'
import { addDims, floorDivDims } from '../../ir/dim.ts'
import { dtypeOf, nodeAttributes, shapeOf } from '../kit/algebra.ts'
import { keyMask } from '../kit/key-mask.ts'
import { sizeOf } from '../kit/normalize.ts'
import { sizeValue } from '../kit/reshape-to.ts'
import { attend, causal, joinHeads, splitHeads } from '../kit/scaled-product.ts'
import { computeInvalid } from '../diagnostics.ts'
import type { Operator } from '../operator.ts'

/** Self-attention with the projections of queries, keys and values inside. */
export const Attention: Operator = {
  name: 'Attention',
  domain: 'com.microsoft',
  infer(ctx) {
    const [x, weights, past] = [ctx.shape(0), ctx.shape(1), ctx.has(4) ? ctx.shape(4) : undefined]
    const heads = ctx.attributes.int('num_heads', 0)
    if (heads < 1) ctx.fail(`num_heads ${heads}`)
    if (x && x.length !== 3) ctx.fail(`an input of rank ${x.length}`)
    if (past && past.length !== 5) ctx.fail(`a past of rank ${past.length}`)
    const all = weights?.[1]
    const third = all === undefined ? undefined : floorDivDims(all, 3)
    const sizes: readonly Dim[] | undefined = ctx.attributes.ints('qkv_hidden_sizes') ?? (third === undefined ? undefined : [third, third, third])
    if (sizes && (sizes.length !== 3 || sizes.some(s => typeof s === 'number' && s % heads !== 0))) ctx.fail(`hidden sizes [${sizes.join()}] for ${heads} heads`)
    const dtype = ctx.dtype(0)
    ctx.output(0, dtype, x && sizes && [x[0]!, x[1]!, sizes[2]!])
    const length = past ? addDims(past[3]!, x?.[1] ?? 0) : x?.[1]
    const known = x && sizes && length !== undefined && (!ctx.has(4) || past) && ctx.attributes.int('past_present_share_buffer', 0) === 0
    ctx.output(1, dtype, known ? [2, x[0]!, heads, length, floorDivDims(sizes[2]!, heads)] : undefined)
  },
  decompose(b, node) {
    const [x, weights, bias, mask, past, added] = node.inputs
    const attributes = nodeAttributes(node)
    for (const name of ['do_rotary', 'past_present_share_buffer']) if (attributes.int(name, 0) !== 0) throw computeInvalid(node, `${name} is for other devices than the CPU`)
    const heads = attributes.int('num_heads', 1)
    const [dtype, all, batch] = [dtypeOf(x), sizeOf(weights, 1), shapeOf(x)?.[0]]
    if (!x || dtype === undefined || batch === undefined) return undefined
    const sizes = attributes.ints('qkv_hidden_sizes') ?? (all === undefined ? undefined : [all / 3, all / 3, all / 3])
    if (sizes === undefined) return undefined
    const product = b.op('MatMul', [x, weights])
    const parts = b.ops('Split', [bias ? b.op('Add', [product, bias]) : product, b.ints(sizes)], 3, { axis: 2 })
    const [q, ownK, ownV] = parts.map(p => splitHeads(b, p, heads))
    const before = past && b.ops('Split', [past, b.ints([1, 1])], 2, { axis: 0 }).map(half => b.op('Squeeze', [half, b.ints([0])]))
    const [k, v] = [ownK!, ownV!].map((own, i) => (before ? b.op('Concat', [before[i], own], { axis: 2 }) : own))
    const behind = before ? ([before[0]!, 2] as const) : 0
    const masked = mask && keyMask(b, mask, { batch, columns: [k!, 2], past: behind, rows: [x, 1], filter: attributes.float('mask_filter_value', -10000), dtype })
    if (mask && !masked) return undefined
    const seen = attributes.int('unidirectional', 0) !== 0 ? causal(b, [x, 1], [k!, 2], sizeValue(b, behind)) : undefined
    const made = attend(b, { heads: [heads, heads], q: q!, k: k!, v: v!, scale: attributes.float('scale', 0) || undefined, added: [masked, added], seen })
    const stacked = (): typeof x => b.op('Concat', [k, v].map(half => b.op('Unsqueeze', [half, b.ints([0])])), { axis: 0 })
    return made && [joinHeads(b, made.y), node.outputs[1] && stacked()]
  },
}
