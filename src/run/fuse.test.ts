import { describe, expect, it } from 'vitest'
import { Model } from '../ir/model.ts'
import type { Value } from '../ir/model.ts'
import { float32Tensor } from '../ir/tensor.ts'
import { tensorType } from '../ir/types.ts'
import { Builder } from '../ops/builder.ts'
import { Constants } from './constants.ts'
import { Functions } from './functions.ts'
import { fuse } from './fuse.ts'
import { frontierOf, planStretch } from './plan.ts'

type Make = (b: Builder, x: Value, weight: Value) => Value[]

/** The operators of each group, for a model of an input [4, 8] and a weight [8, 8]. */
async function groups(make: Make): Promise<string[]> {
  const model = new Model()
  const x = model.graph.addInput(model.graph.value('x', tensorType('float32', [4, 8])))
  const b = new Builder(model.graph)
  for (const v of make(b, x, b.constant(float32Tensor(new Float32Array(64).fill(0.5), [8, 8])))) model.graph.addOutput(v)
  const stretch = await planStretch(frontierOf(model.graph), new Map([[x, x.type]]), model.graph.outputs, { constants: new Constants(), functions: new Functions(model) })
  return fuse(stretch).map(s => (s.kind === 'group' ? s.members.map(m => m.node.op).join('+') : s.kind))
}

describe('fuse', () => {
  it.each<[string, Make, string[]]>([
    ['a contraction with bias and activation', (b, x, w) => [b.op('Relu', [b.op('Add', [b.op('MatMul', [x, w]), b.floats([1, 2, 3, 4, 5, 6, 7, 8])])])], ['MatMul+Add+Relu']],
    ['a value that is used twice inside', (b, x, w) => { const t = b.op('MatMul', [x, w]); return [b.op('Mul', [t, b.op('Sigmoid', [t])])] }, ['MatMul+Sigmoid+Mul']],
    ['a residual from outside', (b, x, w) => [b.op('Add', [x, b.op('MatMul', [x, w])])], ['MatMul+Add']],
    ['one branch of two', (b, x, w) => [b.op('Add', [b.op('MatMul', [x, w]), b.op('MatMul', [b.op('Neg', [x]), w])])], ['Neg', 'MatMul', 'MatMul+Add']],
    ['nothing past a value that is asked for', (b, x, w) => { const t = b.op('MatMul', [x, w]); return [t, b.op('Relu', [t])] }, ['MatMul', 'Relu']],
    ['nothing that reads elsewhere', (b, x, w) => [b.op('Transpose', [b.op('MatMul', [x, w])], { perm: [1, 0] })], ['MatMul', 'Transpose']],
    ['nothing that broadcasts what it reads', (b, x, w) => [b.op('Add', [x, b.op('ReduceSum', [b.op('MatMul', [x, w]), b.ints([1])])])], ['MatMul', 'ReduceSum', 'Add']],
    ['no reshape, which takes no step', (b, x, w) => [b.op('Relu', [b.op('Reshape', [b.op('MatMul', [x, w]), b.ints([32])])])], ['MatMul', 'Relu']],
  ])('takes %s', async (_, make, expected) => {
    expect(await groups(make)).toEqual(expected)
  })
})
