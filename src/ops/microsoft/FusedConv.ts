import type { Node, Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import { inferConvolution } from '../kit/conv.ts'
import { nodeAttributes } from '../kit/algebra.ts'
import { fusedActivation } from '../kit/fused.ts'
import type { Operator } from '../operator.ts'

/** act(Conv(x, w, bias) + z), with the attributes of the node. */
export function fusedConvolution(b: Builder, node: Node, [x, w, bias, z]: readonly (Value | undefined)[]): Value | undefined {
  const { activation: _, activation_params: __, ...rest } = node.attributes
  const attributes = nodeAttributes(node)
  const [alpha, beta] = attributes.floats('activation_params') ?? []
  const sums = b.op('Conv', [x, w, ...(bias ? [bias] : [])], rest)
  return fusedActivation(b, z ? b.op('Add', [sums, z]) : sums, attributes.string('activation', ''), { alpha, beta })
}

export const FusedConv: Operator = {
  name: 'FusedConv',
  domain: 'com.microsoft',
  infer: ctx => ctx.output(0, ctx.dtype(0), inferConvolution(ctx)),
  decompose(b, node) {
    const y = fusedConvolution(b, node, node.inputs)
    return y && [y]
  },
}
