import type { Value } from '../ir/model.ts'
import type { Cell } from './kit/recurrent.ts'
import { decomposeRecurrent, inferRecurrent, batchInside } from './kit/recurrent.ts'
import { drop } from './kit/versions.ts'
import type { Operator } from './operator.ts'

/** One step of a long short-term memory; states are the output and the memory. */
export const cell: Cell = {
  initial: [5, 6],
  activations: ['Sigmoid', 'Tanh', 'Tanh'],
  bias: (b, input, recurrent) => b.op('Add', [input, recurrent]),
  step(outer, { attributes, dtype, activations, times, part, clip }) {
    const [f, g, h] = activations
    const peepholes = part(7)
    const [toInput, toOutput, toForget] = peepholes ? outer.ops('Split', [peepholes], 3, { axis: 0, num_outputs: 3 }) : []
    const coupled = attributes.int('input_forget', 0) === 1
    return (b, x, [hidden, memory]) => {
      const [i, o, keep, c] = b.ops('Split', [b.op('Add', [x, times(b, hidden!)])], 4, { axis: -1, num_outputs: 4 })
      const gate = (v: Value | undefined, weight: Value | undefined, seen: Value | undefined) =>
        f!(b, clip(b, weight ? b.op('Add', [v, b.op('Mul', [weight, seen])]) : v!))
      const entering = gate(i, toInput, memory)
      const kept = coupled ? b.op('Sub', [b.scalar(1, dtype), entering]) : gate(keep, toForget, memory)
      const next = b.op('Add', [b.op('Mul', [kept, memory]), b.op('Mul', [entering, g!(b, clip(b, c!))])])
      return [b.op('Mul', [gate(o, toOutput, next), h!(b, next)]), next]
    }
  },
}

export const LSTM: Operator = {
  name: 'LSTM',
  infer: ctx => inferRecurrent(ctx, 3),
  decompose: (b, node) => decomposeRecurrent(b, node, cell),
  upgrade: { 7: drop('output_sequence') },
  downgrade: { 14: batchInside, 7: step => step.setAttribute('output_sequence', { type: 'int', value: step.node.outputs[0] ? 1 : 0 }) },
}
