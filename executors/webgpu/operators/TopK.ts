import { sizeOf } from '../../../src/expr/analysis/linear.ts'
import type { Buffer, Expr } from '../../../src/expr/expr.ts'
import { input, read, stage } from '../../../src/expr/expr.ts'
import { attributesOf } from '../../../src/ops/meaning.ts'
import { mapStage } from '../kernels/map.ts'
import { orderKernels } from '../kernels/sort.ts'
import { storageOf } from '../wgsl/storage.ts'
import type { OperatorKernels } from './operator.ts'
import { staticTensor } from './operator.ts'

/** The greatest or least of each row by sorting its pieces and merging them. */
export const TopK: OperatorKernels = (node, context) => {
  const [x, wanted] = [staticTensor(node.inputs[0]), staticTensor(node.outputs[0] ?? node.outputs[1])]
  if (!x || !wanted || x.dtype === 'float64' || storageOf(x.dtype) === undefined || sizeOf(wanted.shape) === 0) return undefined
  const attributes = attributesOf(node)
  const given = attributes.int('axis', -1)
  const axis = given < 0 ? given + x.shape.length : given
  const from = input(x.shape, x.dtype)
  const size = x.shape[axis]!
  const places: Buffer = { shape: wanted.shape, dtype: 'int32', range: [0, size - 1] }
  const sorting = orderKernels(context, {
    x: from,
    outer: sizeOf(x.shape.slice(0, axis)),
    size,
    inner: sizeOf(x.shape.slice(axis + 1)),
    count: wanted.shape[axis]!,
    descending: attributes.int('largest', 1) !== 0,
    places,
  })
  const made = [
    stage(wanted.shape, x.dtype, (...i) => read(from, i.map((e: Expr, d) => (d === axis ? read(places, i) : e)))),
    stage(wanted.shape, 'int64', (...i) => read(places, i).to('long')),
  ]
  const outputs = made.flatMap((buffer, i) => (node.outputs[i] ? [{ value: node.outputs[i], buffer }] : []))
  const kernels = [...sorting, ...outputs.flatMap(o => mapStage(context, o.buffer))]
  const between = [...new Set(sorting.flatMap(k => k.targets))]
  return { inputs: [node.inputs[0]!], outputs: outputs.map(o => o.value), program: { inputs: [from], outputs: outputs.map(o => o.buffer), kernels, once: [], held: [], between } }
}
