import type { Cell } from './kit/recurrent.ts'
import { decomposeRecurrent, inferRecurrent, batchInside } from './kit/recurrent.ts'
import { drop } from './kit/versions.ts'
import type { Operator } from './operator.ts'

const cell: Cell = {
  initial: [5],
  activations: ['Tanh'],
  bias: (b, input, recurrent) => b.op('Add', [input, recurrent]),
  step: (_, { activations, recurrent, clip }) => (b, x, [before]) => [activations[0]!(b, clip(b, b.op('Add', [x, b.op('MatMul', [before, recurrent])])))],
}

export const RNN: Operator = {
  name: 'RNN',
  infer: ctx => inferRecurrent(ctx, 2),
  decompose: (b, node) => decomposeRecurrent(b, node, cell),
  upgrade: { 7: drop('output_sequence') },
  downgrade: { 14: batchInside, 7: step => step.setAttribute('output_sequence', { type: 'int', value: step.node.outputs[0] ? 1 : 0 }) },
}
