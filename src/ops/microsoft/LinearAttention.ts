import { computeInvalid } from '../diagnostics.ts'
import { nodeAttributes } from '../kit/algebra.ts'
import { LinearAttention as OnnxLinearAttention } from '../LinearAttention.ts'
import type { Operator } from '../operator.ts'

/** ONNX's operator; a window of states and fewer heads of queries than of keys are not known here. */
export const LinearAttention: Operator = {
  name: 'LinearAttention',
  domain: 'com.microsoft',
  infer: OnnxLinearAttention.infer,
  decompose(b, node) {
    if (nodeAttributes(node).int('state_window', 0) !== 0) throw computeInvalid(node, 'a window of states is not known here')
    const { state_window: _, ...rest } = node.attributes
    return b.ops('LinearAttention', node.inputs, node.outputs.length, rest)
  },
}
