import { describe, expect, it } from 'vitest'
import type { Value } from '../ir/model.ts'
import type { Make } from '../rewrite/pattern.ts'
import { sym } from '../ir/dim.ts'
import { modelOf, tryPass } from './kit/testing.ts'
import { mergeReduces } from './merge-reduces.ts'
import type { Pass } from './pass.ts'
import { recognisePatches } from './recognise-patches.ts'
import { recogniseRoll } from './recognise-roll.ts'
import { recogniseSplit, sliceForGather } from './recognise-split.ts'
import { removeDeadCode } from './remove-dead-code.ts'

// Numbers are checked against the graph before the pass, evaluated node by node.
type Build = (m: Make, x: Value) => Value | readonly Value[]
type Shape = Parameters<typeof modelOf>[0]

const becomes = (pass: Pass, what: string, shape: Shape, build: Build, left: readonly string[], limit = 0): void =>
  it(what, async () => {
    const cleaned: Pass = { name: pass.name, run: (model, ctx) => { const done = pass.run(model, ctx); removeDeadCode.run(model, ctx); return done } }
    const result = await tryPass(cleaned, modelOf(shape, build))
    expect(result.ops).toEqual(left)
    expect(result.error).toBeLessThanOrEqual(limit)
  })
const cut = (m: Make, x: Value, axis: number, start: number, end: number, step = 1): Value => m.Slice(x, m.ints([start]), m.ints([end]), m.ints([axis]), m.ints([step]))
const far = 2 ** 40

describe('recognise-split', () => {
  becomes(recogniseSplit, 'even parts', [2, 6], (m, x) => [0, 2, 4].map(s => cut(m, x, -1, s, s + 2)), ['Split'])
  becomes(recogniseSplit, 'parts of any size, in any order', [2, 6], (m, x) => [cut(m, x, 1, 1, far), cut(m, x, 1, 0, 1)], ['Split'])
  becomes(recogniseSplit, 'no parts that overlap', [2, 6], (m, x) => [cut(m, x, 1, 0, 4), cut(m, x, 1, 3, 6)], ['Slice', 'Slice'])
  becomes(recogniseSplit, 'no parts with a gap', [2, 6], (m, x) => [cut(m, x, 1, 0, 2), cut(m, x, 1, 3, 6)], ['Slice', 'Slice'])
  becomes(recogniseSplit, 'no parts of an open axis', [2, sym('N')], (m, x) => [cut(m, x, 1, 0, 2), cut(m, x, 1, 2, far)], ['Slice', 'Slice'])
  const packed = (m: Make, x: Value): Value[] => {
    const axes = m.Transpose(m.Reshape(x, m.ints([4, 1, 3, 5])), { perm: [2, 0, 1, 3] })
    return [0, 1, -1].map(i => m.op('Gather', [axes, m.int(i)], { axis: 0 }))
  }
  becomes(sliceForGather, 'projections that lie side by side', [4, 1, 15], packed, ['Slice', 'Slice', 'Slice'])
  becomes(sliceForGather, 'none that do not', [4, 15], (m, x) => m.op('Gather', [m.Reshape(x, m.ints([4, 5, 3])), m.int(1)], { axis: 2 }), ['Reshape', 'Gather'])
  becomes(sliceForGather, 'none that are transposed as well', [4, 15], (m, x) => m.op('Gather', [m.Transpose(m.Reshape(x, m.ints([4, 3, 5])), { perm: [1, 2, 0] }), m.int(1)], { axis: 0 }), ['Reshape', 'Transpose', 'Gather'])
})

describe('recognise-roll', () => {
  becomes(recogniseRoll, 'torch.roll', [2, 6, 3], (m, x) => m.Concat(cut(m, x, 1, 2, far), cut(m, x, 1, 0, 2), { axis: 1 }), ['Gather'])
  becomes(recogniseRoll, 'a roll by a negative bound', [2, 6, 3], (m, x) => m.Concat(cut(m, x, 1, -2, far), cut(m, x, 1, 0, -2), { axis: -2 }), ['Gather'])
  becomes(recogniseRoll, 'no halves of the last axis', [2, 6], (m, x) => m.Concat(cut(m, x, 1, 3, far), cut(m, x, 1, 0, 3), { axis: 1 }), ['Slice', 'Slice', 'Concat'])
  becomes(recogniseRoll, 'nothing with a part missing', [2, 6, 3], (m, x) => m.Concat(cut(m, x, 1, 3, far), cut(m, x, 1, 0, 2), { axis: 1 }), ['Slice', 'Slice', 'Concat'])
})

describe('recognise-patches', () => {
  const parts = (m: Make, x: Value, places: readonly (readonly number[])[], axes: readonly number[]): Value[] =>
    places.map(p => m.Slice(x, m.ints(p), m.ints(axes.map(() => far)), m.ints(axes), m.ints(axes.map(() => 2))))
  const columns = [[0, 0], [1, 0], [0, 1], [1, 1]]
  const rows = [[0, 0], [0, 1], [1, 0], [1, 1]]
  becomes(recognisePatches, 'patch merging of Swin', [2, 4, 6, 3], (m, x) => m.Concat(...parts(m, x, columns, [1, 2]), { axis: -1 }), ['Reshape', 'Transpose', 'Reshape'])
  becomes(recognisePatches, 'rows first', [2, 4, 6, 3], (m, x) => m.Concat(...parts(m, x, rows, [1, 2]), { axis: 3 }), ['Reshape', 'Transpose', 'Reshape'])
  becomes(recognisePatches, 'channels first', [2, 3, 4, 6], (m, x) => m.Concat(...parts(m, x, rows, [2, 3]), { axis: 1 }), ['SpaceToDepth'])
  becomes(recognisePatches, 'no part twice', [2, 4, 6, 3], (m, x) => m.Concat(...parts(m, x, [[0, 0], [1, 0], [1, 0], [1, 1]], [1, 2]), { axis: 3 }), ['Slice', 'Slice', 'Slice', 'Slice', 'Concat'])
  becomes(recognisePatches, 'no part of an axis that does not come out even', [2, 5, 6, 3], (m, x) => m.Concat(cut(m, x, 1, 0, 4, 2), cut(m, x, 1, 1, 4, 2), cut(m, x, 1, 0, 4, 2), cut(m, x, 1, 1, 4, 2), { axis: 3 }), ['Slice', 'Slice', 'Slice', 'Slice', 'Concat'])
})

describe('merge-reduces', () => {
  becomes(mergeReduces, 'global pooling before a classifier', [2, 3, 4, 5], (m, x) => m.Flatten(m.GlobalAveragePool(x), { axis: 1 }), ['ReduceMean'], 1e-6)
  becomes(mergeReduces, 'its maximum', [2, 3, 4, 5], (m, x) => m.Squeeze(m.GlobalMaxPool(x), m.ints([2, 3])), ['ReduceMax'])
  becomes(mergeReduces, 'a mean that gets its axes back', [2, 3, 4], (m, x) => m.Unsqueeze(m.ReduceMean(x, m.ints([-1]), { keepdims: 0 }), m.ints([2])), ['ReduceMean'])
  becomes(mergeReduces, 'pooling of one axis', [2, 3, 4], (m, x) => m.GlobalAveragePool(x), ['ReduceMean'], 1e-6)
  becomes(mergeReduces, 'a sum over everything', [2, 3], (m, x) => m.Reshape(m.ReduceSum(x), m.ints([1, 1])), ['ReduceSum'])
  becomes(mergeReduces, 'an open batch', [sym('N'), 3, 4, 5], (m, x) => m.Reshape(m.GlobalAveragePool(x), m.ints([0, -1])), ['ReduceMean'], 1e-6)
  becomes(mergeReduces, 'nothing that gets axes elsewhere', [2, 3, 4], (m, x) => m.Reshape(m.ReduceMean(x, m.ints([2])), m.ints([1, 2, 3])), ['ReduceMean', 'Reshape'])
})
