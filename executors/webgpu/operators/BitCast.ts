import { sizeOf } from '../../../src/expr/analysis/linear.ts'
import { input, read, stage } from '../../../src/expr/expr.ts'
import { mapStage } from '../kernels/map.ts'
import { deviceBytes, storageOf } from '../wgsl/storage.ts'
import type { OperatorKernels } from './operator.ts'
import { staticTensor } from './operator.ts'

/** The same words under another name. */
export const BitCast: OperatorKernels = (node, context) => {
  const [x, y] = [staticTensor(node.inputs[0]), staticTensor(node.outputs[0])]
  if (!x || !y || [x, y].some(t => t.dtype === 'float64' || storageOf(t.dtype) === undefined) || sizeOf(x.shape) === 0) return undefined
  const words = [deviceBytes(x.dtype, sizeOf(x.shape)) / 4]
  const from = input(words, 'int32')
  const to = stage(words, 'int32', i => read(from, [i!]))
  return { inputs: [node.inputs[0]!], outputs: [node.outputs[0]!], program: { inputs: [from], outputs: [to], kernels: mapStage(context, to), once: [], held: [], between: [] } }
}
