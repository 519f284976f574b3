import { addDims, floorDivDims } from '../../ir/dim.ts'
import { computeInvalid } from '../diagnostics.ts'
import { nodeAttributes } from '../kit/algebra.ts'
import { sizeOf } from '../kit/normalize.ts'
import { selfAttention } from '../kit/self-attention.ts'
import type { Operator } from '../operator.ts'

/** Self-attention whose projections are a product of integers. Inputs: input, weights, bias, both scales, mask, both zero points, past. */
export const QAttention: Operator = {
  name: 'QAttention',
  domain: 'com.microsoft',
  infer(ctx) {
    const [x, weights, past] = [ctx.shape(0), ctx.shape(1), ctx.has(8) ? ctx.shape(8) : undefined]
    const heads = ctx.attributes.int('num_heads', 0)
    if (heads < 1) ctx.fail(`num_heads ${heads}`)
    if (x && x.length !== 3) ctx.fail(`an input of rank ${x.length}`)
    if (past && past.length !== 5) ctx.fail(`a past of rank ${past.length}`)
    const hidden = weights?.[1] === undefined ? undefined : floorDivDims(weights[1], 3)
    if (typeof hidden === 'number' && hidden % heads !== 0) ctx.fail(`${hidden} columns for ${heads} heads`)
    const dtype = ctx.dtype(3)
    ctx.output(0, dtype, x && hidden !== undefined ? [x[0]!, x[1]!, hidden] : undefined)
    const known = x && hidden !== undefined && (!ctx.has(8) || past)
    ctx.output(1, dtype, known ? [2, x[0]!, heads, past ? addDims(past[3]!, x[1]!) : x[1]!, floorDivDims(hidden, heads)] : undefined)
  },
  decompose(b, node) {
    const [x, weights, bias, scale, weightScale, mask, zero, weightZero, past] = node.inputs
    const attributes = nodeAttributes(node)
    for (const name of ['do_rotary', 'past_present_share_buffer']) if (attributes.int(name, 0) !== 0) throw computeInvalid(node, `${name} is for other devices than the CPU`)
    const all = sizeOf(weights, 1)
    if (!x || all === undefined) return undefined
    const projected = b.op('com.microsoft::MatMulIntegerToFloat', [x, weights, scale, weightScale, zero, weightZero, bias])
    return selfAttention(b, node, { x, projected, sizes: [all / 3, all / 3, all / 3], mask, past })
  },
}
