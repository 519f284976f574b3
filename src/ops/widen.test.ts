import { describe, expect, it } from 'vitest'
import type { AttributeInit } from '../ir/attribute.ts'
import { attributes } from '../ir/attribute.ts'
import type { DType } from '../ir/dtype.ts'
import { Model, Node } from '../ir/model.ts'
import { tensorType } from '../ir/types.ts'
import { verify } from '../ir/verify.ts'
import { formMisfit } from './forms.ts'
import { inferModel } from './infer.ts'
import { widenGraph } from './widen.ts'

function modelOf(op: string, dtypes: readonly DType[], init: Readonly<Record<string, AttributeInit>> = {}): Model {
  const model = new Model('m')
  const { graph } = model
  const inputs = dtypes.map((dtype, i) => graph.addInput(graph.value(`x${i}`, tensorType(dtype, [2, 3]))))
  const node = graph.insert(new Node({ op, inputs, attributes: attributes(init) }))
  node.setOutput(0, graph.value('y'))
  graph.addOutput(node.outputs[0]!)
  inferModel(model)
  return model
}
const typesOf = (model: Model): string[] => [...model.graph.nodes()].map(n => `${n.op} ${n.outputs.map(v => (v?.type?.kind === 'tensor' ? v.type.dtype : '?')).join()}`)

// which types a version takes: ONNX's Changelog.md; which are exact: IEEE 754's significands
describe('element types that a version does not take', () => {
  it.each<[string, number, string, readonly DType[], readonly string[]]>([
    ['integers in wider integers', 13, 'Add', ['int8', 'int8'], ['Cast int32', 'Cast int32', 'Add int32', 'Cast int8']],
    ['compared integers in floats that hold them', 11, 'Max', ['int16', 'int16'], ['Cast float32', 'Cast float32', 'Max float32', 'Cast int16']],
    ['and in doubles', 11, 'Max', ['int32', 'int32'], ['Cast float64', 'Cast float64', 'Max float64', 'Cast int32']],
    ['a result of another type', 8, 'Less', ['uint8', 'uint8'], ['Cast float16', 'Cast float16', 'Less bool']],
    ['a narrow float in a wider one', 21, 'Elu', ['bfloat16'], ['Cast float32', 'Elu float32', 'Cast bfloat16']],
    ['not a type that no float holds', 11, 'Max', ['int64', 'int64'], ['Max int64']],
    ['not sums of integers in floats', 5, 'Add', ['int16', 'int16'], ['Add int16']],
    ['not where no Cast takes it', 12, 'Elu', ['bfloat16'], ['Elu bfloat16']],
    ['not where the type is the meaning', 18, 'QuantizeLinear', ['bfloat16', 'float32', 'uint8'], ['QuantizeLinear uint8']],
    ['nothing that fits', 13, 'Add', ['float32', 'float32'], ['Add float32']],
  ])('%s', (_, opset, op, dtypes, expected) => {
    const model = modelOf(op, dtypes)
    widenGraph(model.graph, new Map([['', opset]]))
    expect(typesOf(model)).toEqual(expected)
    expect(model.graph.outputs[0]!.name).toBe('y')
    verify(model)
    if (expected.length > 1) for (const node of model.graph.nodes()) expect(formMisfit(node, opset)).toBeUndefined()
  })
})
