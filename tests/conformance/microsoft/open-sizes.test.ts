import { expect, it } from 'vitest'
import { sym } from '../../../src/ir/dim.ts'
import type { Dim } from '../../../src/ir/dim.ts'
import type { DType } from '../../../src/ir/dtype.ts'
import type { Value } from '../../../src/ir/model.ts'
import { Model } from '../../../src/ir/model.ts'
import { tensorType, typeToString } from '../../../src/ir/types.ts'
import { Builder } from '../../../src/ops/builder.ts'

// expected: the shapes that onnxruntime's schema documents give, by hand
const [batch, length, past, total] = ['batch', 'length', 'past', 'total'].map(sym) as [Dim, Dim, Dim, Dim]

function graph(): { b: Builder; input: (name: string, dtype: DType, ...shape: Dim[]) => Value } {
  const { graph } = new Model('m')
  return { b: new Builder(graph), input: (name, dtype, ...shape) => graph.addInput(graph.value(name, tensorType(dtype, shape))) }
}
const shown = (values: readonly Value[]): string[] => values.map(v => typeToString(v.type))

it('a decoder of grouped queries, its lengths from a mask as exporters write it', () => {
  const { b, input } = graph()
  const mask = input('attention_mask', 'int64', batch, total)
  const [q, k, v] = [128, 32, 32].map((n, i) => input(`x${i}`, 'float32', batch, length, n))
  const [pastKey, pastValue] = ['k', 'v'].map(n => input(`past_${n}`, 'float32', batch, 2, past, 16))
  const int32 = (x: Value): Value => b.op('Cast', [x], { to: 6 })
  const lengths = int32(b.op('Sub', [b.op('ReduceSum', [mask, b.ints([1])], { keepdims: 0 }), b.int(1)]))
  const all = int32(b.op('Gather', [b.op('Shape', [mask]), b.int(1)]))
  expect(shown(b.ops('com.microsoft::GroupQueryAttention', [q, k, v, pastKey, pastValue, lengths, all], 3, { num_heads: 8, kv_num_heads: 2 }))).toEqual([
    'float32[batch, length, 128]', 'float32[batch, 2, max(past, total), 16]', 'float32[batch, 2, max(past, total), 16]',
  ])
})

it('attention with a past', () => {
  const { b, input } = graph()
  const [x, w, bias] = [input('x', 'float32', batch, length, 24), input('w', 'float32', 24, 96), input('b', 'float32', 96)]
  const before = input('past', 'float32', 2, batch, 4, past, 8)
  expect(shown(b.ops('com.microsoft::Attention', [x, w, bias, undefined, before], 2, { num_heads: 4, unidirectional: 1 }))).toEqual(['float32[batch, length, 32]', 'float32[2, batch, 4, length + past, 8]'])
})

it('attention across, with other sizes of keys and values', () => {
  const { b, input } = graph()
  const [q, k, v] = [input('q', 'float32', batch, length, 32), input('k', 'float32', batch, total, 32), input('v', 'float32', batch, total, 64)]
  expect(shown(b.ops('com.microsoft::MultiHeadAttention', [q, k, v], 4, { num_heads: 4 }))).toEqual([
    'float32[batch, length, 64]', 'float32[batch, 4, total, 8]', 'float32[batch, 4, total, 16]', 'float32[batch, 4, length, total]',
  ])
})

it('crops, embeddings and products', () => {
  const { b, input } = graph()
  const crops = b.op('com.microsoft::CropAndResize', [input('x', 'float32', batch, 3, 40, 40), input('r', 'float32', total, 4), input('i', 'int32', total), b.bytes('int32', [2], new Uint8Array(Int32Array.of(7, 5).buffer))])
  const embedded = b.ops('com.microsoft::EmbedLayerNormalization', [input('ids', 'int32', batch, length), undefined, input('e', 'float32', 99, 24), input('p', 'float32', 64, 24), undefined, input('g', 'float32', 24), input('h', 'float32', 24)], 2)
  const product = b.op('com.microsoft::FusedMatMul', [input('a', 'float32', length, batch, 8), input('c', 'float32', batch, total, 8)], { transBatchA: 1, transB: 1 })
  expect(shown([crops, ...embedded, product])).toEqual(['float32[total, 3, 7, 5]', 'float32[batch, length, 24]', 'int32[batch]', 'float32[batch, length, total]'])
})
