import { nodeAttributes } from '../kit/algebra.ts'
import type { Operator } from '../operator.ts'

export const BiasDropout: Operator = {
  name: 'BiasDropout',
  domain: 'com.microsoft',
  infer(ctx) {
    ctx.output(0, ctx.dtype(0), ctx.shape(0))
    ctx.output(1, 'bool', ctx.shape(0))
  },
  decompose(b, node) {
    const [data, bias, residual, ratio, training] = node.inputs
    const seed = nodeAttributes(node).int('seed')
    const [kept, mask] = b.ops('Dropout', [b.op('Add', [data, bias]), ratio, training], 2, seed === undefined ? {} : { seed })
    return [residual ? b.op('Add', [kept, residual]) : kept, mask]
  },
}
