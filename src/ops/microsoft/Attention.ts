import type { Dim } from '../../ir/dim.ts'
import { addDims, floorDivDims } from '../../ir/dim.ts'
import { nodeAttributes } from '../kit/algebra.ts'
import { sizeOf } from '../kit/normalize.ts'
import { selfAttention } from '../kit/self-attention.ts'
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
    const all = sizeOf(weights, 1)
    const sizes = attributes.ints('qkv_hidden_sizes') ?? (all === undefined ? undefined : [all / 3, all / 3, all / 3])
    if (!x || sizes === undefined) return undefined
    const product = b.op('MatMul', [x, weights])
    return selfAttention(b, node, { x, projected: bias ? b.op('Add', [product, bias]) : product, sizes, mask, past, added })
  },
}
