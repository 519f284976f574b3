import type { AttributeInit } from '../ir/attribute.ts'
import { float } from '../ir/attribute.ts'
import { dtypeOf, nodeAttributes } from './kit/algebra.ts'
import { dtypeOfNumber, numberOfDType } from './kit/datatype.ts'
import type { Operator } from './operator.ts'

export const Bernoulli: Operator = {
  name: 'Bernoulli',
  impure: true,
  infer(ctx) {
    const wanted = ctx.attributes.int('dtype')
    ctx.output(0, wanted === undefined ? ctx.dtype(0) : (dtypeOfNumber(wanted) ?? ctx.fail(`dtype ${wanted}`)), ctx.shape(0))
  },
  decompose(b, node) {
    const [p] = node.inputs
    const given = dtypeOf(p)
    if (!p || given === undefined) return undefined
    const attributes = nodeAttributes(node)
    // half types hold too few numbers between 0 and 1
    const dtype = numberOfDType(given === 'float64' ? given : 'float32')
    const seed = attributes.float('seed')
    const init: Record<string, AttributeInit> = { dtype, ...(seed !== undefined && { seed: float(seed) }) }
    const drawn = b.op('Less', [b.op('RandomUniformLike', [p], init), b.op('Cast', [p], { to: dtype })])
    return [b.op('Cast', [drawn], { to: attributes.int('dtype', numberOfDType(given)) })]
  },
}
