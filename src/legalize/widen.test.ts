import { expect, it } from 'vitest'
import type { Node, Value } from '../ir/model.ts'
import { Model } from '../ir/model.ts'
import { tensorType } from '../ir/types.ts'
import type { DType } from '../ir/dtype.ts'
import { bytesOf, inlineTensor, peekNumbers } from '../ir/tensor.ts'
import { Builder } from '../ops/builder.ts'
import { legalize } from './legalize.ts'
import type { Target } from './target.ts'

const takes = (...dtypes: DType[]) => (node: Node) => node.inputs.every(v => v?.type?.kind !== 'tensor' || dtypes.includes(v.type.dtype)) || { refused: 'no such kernel' }

const target: Target = {
  name: 'wide',
  ops: { Add: takes('float32', 'int32'), Exp: takes('float32'), Cast: true },
  dtypes: new Set<DType>(['float16', 'float32', 'int8', 'int32']),
  widen: { float16: 'float32', int8: 'int32' },
  rules: [],
}

function legal(dtype: DType, constant: Uint8Array, build: (b: Builder, x: Value, c: Value) => Value): Model {
  const model = new Model()
  const { graph } = model
  const b = new Builder(graph)
  const x = graph.addInput(graph.value('x', tensorType(dtype, [2])))
  graph.addOutput(build(b, x, b.constant(inlineTensor(dtype, [2], constant))))
  legalize(model, target)
  return model
}

it('floats go wide once: casts in between are dropped, constants are cast at once', () => {
  const model = legal('float16', bytesOf(Uint16Array.of(0x3c00, 0xc000)), (b, x, c) => b.op('Exp', [b.op('Add', [x, c])]))
  expect([...model.allNodes()].map(n => n.op)).toEqual(['Cast', 'Add', 'Exp', 'Cast'])
  const add = [...model.allNodes()][1]!
  expect(peekNumbers(add.inputs[1]!.constant!)).toEqual([1, -2])
  expect(model.graph.outputs[0]!.type).toMatchObject({ dtype: 'float16' })
})

it('integers wrap after each node', () => {
  const model = legal('int8', Uint8Array.of(1, 255), (b, x, c) => b.op('Add', [b.op('Add', [x, c]), c]))
  expect([...model.allNodes()].map(n => n.op)).toEqual(['Cast', 'Add', 'Cast', 'Cast', 'Add', 'Cast'])
  expect(peekNumbers([...model.allNodes()][1]!.inputs[1]!.constant!)).toEqual([1, -1])
})
