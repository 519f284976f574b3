import type { Dim } from '../../../src/ir/dim.ts'
import { optionsOf } from '../kit/attributes.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator, versionBy } from '../operator.ts'

/** Data and indices; indices outside are an error. */
export const GATHER: TfliteOperator = tfliteOperator({
  name: 'GATHER',
  options: 'GatherOptions',
  infer(ctx) {
    const [shape, indices] = [ctx.shape(0), ctx.shape(1)]
    const batch = ctx.attributes.int('batch_dims', 0)
    const given = ctx.attributes.int('axis', 0)
    if (shape === undefined || indices === undefined) return ctx.output(0, ctx.dtype(0), undefined)
    const axis = given < 0 ? given + shape.length : given
    if (axis < 0 || axis >= shape.length) ctx.fail(`axis ${given} of [${shape.join()}]`)
    const [elements, picked] = [ctx.shapeValue(0), ctx.constant(1)]
    const value = shape.length === 1 && elements && picked ? picked.map(i => elements[i < 0 ? i + elements.length : i]) : undefined
    ctx.output(0, ctx.dtype(0), [...shape.slice(0, axis), ...indices.slice(batch < 0 ? batch + indices.length : batch), ...shape.slice(axis + 1)], value?.every(d => d !== undefined) ? (value as Dim[]) : undefined)
  },
  decompose(b, node) {
    const a = optionsOf(node)
    return a.int('batch_dims', 0) === 0 ? [b.op('Gather', [node.inputs[0], node.inputs[1]], { axis: a.int('axis', 0) })] : undefined
  },
  version: node => (optionsOf(node).int('batch_dims', 0) !== 0 ? 5 : versionBy({ int16: 4, bool: 3, int8: 2 })(node)),
  takes: { dtypes: [['float32', 'int32', 'int64', 'bool', 'uint8', 'int8', 'int16', 'string'], ['int32', 'int64']] },
})
