import { CausalConvWithState as OnnxCausalConvWithState } from '../CausalConvWithState.ts'
import { computeInvalid } from '../diagnostics.ts'
import { nodeAttributes } from '../kit/algebra.ts'
import type { Operator } from '../operator.ts'

/** What ONNX's operator does not have, and is not known here, by its value there. */
const beyond = { ndim: 1, dilation: 1, channels_last: 0, state_window: 0 } as const

/** ONNX's operator: one spatial axis, the last. */
export const CausalConvWithState: Operator = {
  name: 'CausalConvWithState',
  domain: 'com.microsoft',
  infer(ctx) {
    for (const [name, usual] of Object.entries(beyond)) if (ctx.attributes.int(name, usual) !== usual) return
    OnnxCausalConvWithState.infer(ctx)
  },
  decompose(b, node) {
    const attributes = nodeAttributes(node)
    for (const [name, usual] of Object.entries(beyond)) if (attributes.int(name, usual) !== usual) throw computeInvalid(node, `${name} other than ${usual} is not known here`)
    return b.ops('CausalConvWithState', node.inputs, node.outputs.length, { activation: attributes.string('activation', 'none') })
  },
}
