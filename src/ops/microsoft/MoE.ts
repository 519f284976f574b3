import type { Value } from '../../ir/model.ts'
import { dtypeOf, nodeAttributes } from '../kit/algebra.ts'
import { numberOfDType } from '../kit/datatype.ts'
import type { Layer } from '../kit/mixture.ts'
import { inferMixture, mixture } from '../kit/mixture.ts'
import type { Operator } from '../operator.ts'

/** A mixture of experts. Inputs: rows, logits of the experts, then matrices [experts, outer, inner] and biases of the layers. */
export const MoE: Operator = {
  name: 'MoE',
  domain: 'com.microsoft',
  infer: inferMixture,
  decompose(b, node) {
    const [, router, first, firstBias, second, secondBias, gate, gateBias] = node.inputs
    const layer = (matrices: Value | undefined, bias: Value | undefined): Layer => ({
      times(at, x, expert) {
        const own = at.op('Transpose', [at.op('Gather', [matrices, at.int(expert)], { axis: 0 })], { perm: [1, 0] })
        return at.op('MatMul', [x, dtypeOf(own) === 'float32' ? own : at.op('Cast', [own], { to: numberOfDType('float32') })])
      },
      bias,
    })
    if (!router) return undefined
    // without normalizing, what was not chosen has its share too
    const weights = nodeAttributes(node).int('normalize_routing_weights', 0) === 0 ? b.op('Softmax', [router], { axis: 1 }) : undefined
    return mixture(b, node, { router, weights, layers: [layer(first, firstBias), layer(second, secondBias), ...(gate ? [layer(gate, gateBias)] : [])] as [Layer, Layer, Layer?] })
  },
}
