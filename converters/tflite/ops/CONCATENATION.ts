import type { Dim } from '../../../src/ir/dim.ts'
import { addDims, unknownDim } from '../../../src/ir/dim.ts'
import { activate } from '../kit/activation.ts'
import { activationOf, optionsOf } from '../kit/attributes.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator, versionBy } from '../operator.ts'

export const CONCATENATION: TfliteOperator = tfliteOperator({
  name: 'CONCATENATION',
  options: 'ConcatenationOptions',
  infer(ctx) {
    const shapes = Array.from({ length: ctx.inputCount }, (_, i) => ctx.shape(i))
    const known = shapes.find(s => s !== undefined)
    if (known === undefined) return ctx.output(0, ctx.dtype(0), undefined)
    const given = ctx.attributes.int('axis', 0)
    const axis = given < 0 ? given + known.length : given
    if (axis < 0 || axis >= known.length || shapes.some(s => s && s.length !== known.length)) ctx.fail(`axis ${given} of inputs of ${known.length} axes`)
    const elements = shapes.map((_, i) => ctx.shapeValue(i))
    const sizes = known.map((d, i): Dim => (i === axis ? (shapes.every(s => s) ? addDims(...shapes.map(s => s![axis]!)) : unknownDim()) : (shapes.map(s => s?.[i]).find(n => typeof n === 'number') ?? d)))
    ctx.output(0, ctx.dtype(0), sizes, known.length === 1 && elements.every(e => e) ? elements.flatMap(e => e!) : undefined)
  },
  decompose(b, node) {
    const result = activate(b, b.op('Concat', node.inputs, { axis: optionsOf(node).int('axis', 0) }), activationOf(node))
    return result && [result]
  },
  version: versionBy({ int8: 2, int16: 3, uint32: 4 }),
  takes: { dtypes: [['float32', 'int32', 'int64', 'bool', 'uint8', 'int8', 'int16', 'uint32']] },
})
