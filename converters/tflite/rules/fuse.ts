import { rule } from '../../../src/rewrite/pattern.ts'

const makers = ['CONV_2D', 'DEPTHWISE_CONV_2D', 'CONV_3D', 'FULLY_CONNECTED', 'ADD', 'SUB', 'MUL', 'DIV', 'AVERAGE_POOL_2D', 'MAX_POOL_2D'].map(n => `tflite::${n}`).join('|')

/** An activation taken into the operator before it, when that feeds nothing else. */
const activation = rule(
  'tflite-fuse-activation',
  p => p.op('tflite::RELU|tflite::RELU6|tflite::RELU_N1_TO_1', p.op(makers).as('maker')),
  ({ root, nodes }, make, refuse) => {
    const maker = nodes['maker']!
    const type = maker.outputs[0]?.type
    if (maker.attributes['fused_activation_function'] !== undefined) return refuse('there is one already')
    if (type?.kind === 'tensor' && type.dtype !== 'float32') return refuse('fused activations are of float32')
    return make.op(maker.qualified, maker.inputs, { ...maker.attributes, fused_activation_function: root.op })
  },
)

export const fuseRules = [activation]
