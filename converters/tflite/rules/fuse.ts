import { rule } from '../../../src/rewrite/pattern.ts'
import { isVariable } from '../kit/states.ts'
import { reshapeTo, staticSizes } from './kit.ts'
import { plainIntegerRules } from './plain-integers.ts'
import { sharedMemoryRules } from './shared-memory.ts'

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

const reshapes = ['RESHAPE', 'SQUEEZE', 'EXPAND_DIMS'].map(n => `tflite::${n}`).join('|')

/**
 * Only the last of several reshapes counts. (Kernels without a delegate let reshapes share their input's memory and, two in a row,
 * an operator after them may write over it while it is still wanted.)
 */
const reshapeAgain = rule('tflite-merge-reshapes', p => p.op(reshapes, p.op(reshapes).as('before').shared()).rest(), ({ root, nodes }, make, refuse) => {
  const before = nodes['before']!
  if ([root, before].some(n => n.attributes['grains'] !== undefined) || isVariable(root.outputs[0])) return refuse('integers with scales, or a variable')
  const x = before.inputs[0]!
  const [from, to] = [staticSizes(x), staticSizes(root.outputs[0])]
  if (to && from?.join() === to.join() && ![...root.outputs[0]!.uses].some(use => 'graph' in use)) return x
  if (root.op === 'RESHAPE') return make.op(root.qualified, [x, root.inputs[1]])
  return (to && reshapeTo(make, x, to)) ?? refuse('the sizes are not known')
})

export const fuseRules = [activation, reshapeAgain, ...plainIntegerRules, ...sharedMemoryRules]
