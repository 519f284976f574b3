import { describe, expect, it } from 'vitest'
import { tflite } from '../../../converters/tflite/index.ts'
import { cpuExecutor } from '../../../executors/cpu/index.ts'
import type { AttributeInit } from '../../../src/ir/attribute.ts'
import { attributes } from '../../../src/ir/attribute.ts'
import type { DType } from '../../../src/ir/dtype.ts'
import { Model, Node } from '../../../src/ir/model.ts'
import { inlineTensor } from '../../../src/ir/tensor.ts'
import { elementCount, tensorType } from '../../../src/ir/types.ts'
import { legalize } from '../../../src/legalize/legalize.ts'
import { inferModel } from '../../../src/ops/infer.ts'

type Input = readonly [dtype: DType, shape: readonly number[]] | undefined

function modelOf(op: string, inputs: readonly Input[], init: Readonly<Record<string, AttributeInit>> = {}): Model {
  const model = new Model('m')
  const { graph } = model
  const values = inputs.map((t, i) => t && graph.addInput(graph.value(`x${i}`, tensorType(...t))))
  const node = graph.insert(new Node({ op, domain: 'com.microsoft', name: 'layer.3', inputs: values, attributes: attributes(init) }))
  node.setOutput(0, graph.value('y'))
  graph.addOutput(node.outputs[0]!)
  return model
}
const f = (...shape: number[]): Input => ['float32', shape]

describe('an operator that is not known', () => {
  const unknown = (): Model => modelOf('BeamSearch', [f(2, 3)])
  const said = { message: expect.stringMatching(/com\.microsoft::BeamSearch "layer\.3"/), help: expect.stringMatching(/without .*onnxruntime with graph optimizations off/) }
  it('is named with its layer and what can be done, by check', () => {
    expect(legalize(unknown(), tflite.target!, { mode: 'report' }).unsupported).toEqual([expect.objectContaining(said)])
  })
  it('and by run', async () => {
    await expect(cpuExecutor.prepare(unknown())).rejects.toEqual(expect.objectContaining({ diagnostics: [expect.objectContaining({ code: 'ops.operator.unknown', ...said })] }))
  })
})

describe('what contradicts an operator', () => {
  // expected: the schemas that onnxruntime 1.30 registers (proto/microsoft-schema.json) and its kernels' own checks
  it.each<[string, string, readonly Input[], Readonly<Record<string, AttributeInit>>]>([
    ['an attribute that must be there', 'Attention', [f(1, 2, 4), f(4, 12), f(12)], {}],
    ['an input that must be there', 'SkipLayerNormalization', [f(1, 2, 4), f(1, 2, 4)], {}],
    ['an element type', 'Gelu', [['int32', [3]]], {}],
    ['the rank of an input', 'Attention', [f(2, 4), f(4, 12), f(12)], { num_heads: 2 }],
    ['sizes that the heads do not divide', 'Attention', [f(1, 2, 4), f(4, 15), f(15)], { num_heads: 2 }],
    ['heads of queries that those of keys do not divide', 'GroupQueryAttention', [f(1, 1, 48), f(1, 1, 32), f(1, 1, 32), undefined, undefined, ['int32', [1]], ['int32', [1]]], { num_heads: 3, kv_num_heads: 2 }],
    ['keys without values', 'MultiHeadAttention', [f(1, 2, 8), f(1, 2, 8)], { num_heads: 2 }],
    ['products whose inner sizes differ', 'FusedMatMul', [f(2, 3), f(2, 3)], { transA: 0 }],
    ['a metric that no kernel has', 'CDist', [f(2, 3), f(2, 3)], { metric: 'cosine' }],
    ['segments without their table', 'EmbedLayerNormalization', [['int32', [1, 2]], ['int32', [1, 2]], f(5, 4), f(5, 4), undefined, f(4), f(4)], {}],
    ['sections that are not as many as the pairs', 'MRotaryEmbedding', [f(1, 2, 1, 8), ['int64', [3, 1, 1]], f(9, 4), f(9, 4)], { mrope_section: [2 ** 30, 2 ** 30, 1] }],
    ['matrices that are not square', 'Inverse', [f(2, 3)], {}],
  ])('%s', (_, op, inputs, init) => {
    expect(() => inferModel(modelOf(op, inputs, init))).toThrow(expect.objectContaining({ code: 'ir.infer.invalid' }))
  })
  it.each<[string, string, readonly Input[], Readonly<Record<string, AttributeInit>>]>([
    ['a turn that is for other devices', 'Attention', [f(1, 2, 4), f(4, 12), f(12)], { num_heads: 2, do_rotary: 1 }],
    ['a quantized cache without its scales', 'GroupQueryAttention', [f(1, 1, 32), f(1, 1, 32), f(1, 1, 32), undefined, undefined, ['int32', [1]], ['int32', [1]]], { num_heads: 2, kv_num_heads: 2, k_quant_type: 'PER_TENSOR' }],
  ])('%s, when it is run', async (_, op, inputs, init) => {
    const session = await cpuExecutor.prepare(modelOf(op, inputs, init), { precision: 'exact' })
    const feeds = new Map(inputs.flatMap((t, i) => (t ? [[`x${i}`, inlineTensor(...t, Uint8Array.from({ length: 4 * elementCount(t[1]) }, (_, at) => Number(at % 4 === 0)))] as const] : [])))
    await expect(session.run(feeds)).rejects.toThrow(expect.objectContaining({ code: 'ops.compute.invalid' }))
    session.dispose()
  })
})
