import { expect, it } from 'vitest'
import type { Value } from '../../src/ir/model.ts'
import type { Builder } from '../../src/ops/builder.ts'
import { converted } from './converted.ts'

// operators spelled out as exporters spell them: what is left in the file, LiteRT's outputs held against onnxruntime's for the source
const slice = (b: Builder, x: Value, axis: number, start: number, end: number, step = 1): Value => b.op('Slice', [x, b.ints([start]), b.ints([end]), b.ints([axis]), b.ints([step])])

it.each<[string, readonly number[], (b: Builder, x: Value) => Value, readonly string[]]>([
  ['entries of an axis, all of them', [3, 4, 5], (b, x) => [0, 1, -1].map(i => b.op('Gather', [x, b.int(i)], { axis: 0 })).reduce((p, q) => b.op('Mul', [p, q])), ['UNPACK', 'MUL', 'MUL']],
  ['two entries of three', [4, 3, 5], (b, x) => b.op('Sub', [b.op('Gather', [x, b.int(2)], { axis: 1 }), b.op('Gather', [x, b.int(0)], { axis: 1 })]), ['UNPACK', 'SUB']],
  ['a pixel shuffle', [1, 8, 3, 2], (b, x) => b.op('Reshape', [b.op('Transpose', [b.op('Reshape', [x, b.ints([1, 2, 2, 2, 3, 2])])], { perm: [0, 3, 4, 1, 5, 2] }), b.ints([1, 2, 6, 4])]), ['TRANSPOSE', 'DEPTH_TO_SPACE', 'TRANSPOSE']],
  ['a roll', [2, 6, 3], (b, x) => b.op('Concat', [slice(b, x, 1, 2, 6), slice(b, x, 1, 0, 2)], { axis: 1 }), ['GATHER']],
  ['halves', [2, 6], (b, x) => b.op('Mul', [slice(b, x, 1, 0, 3), b.op('Sigmoid', [slice(b, x, 1, 3, 6)])]), ['SPLIT', 'LOGISTIC', 'MUL']],
])('%s', async (_, shape, build, ops) => {
  const made = await converted(shape, build)
  expect(made.ops).toEqual(ops)
  expect(made.error).toBeLessThan(1e-5)
})
