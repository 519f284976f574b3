import type { Cell } from './kit/recurrent.ts'
import { decomposeRecurrent, inferRecurrent, batchInside } from './kit/recurrent.ts'
import { drop, dropUsual } from './kit/versions.ts'
import type { Operator } from './operator.ts'

const cell: Cell = {
  initial: [5],
  activations: ['Sigmoid', 'Tanh'],
  bias(b, input, recurrent, attributes, hidden) {
    if (attributes.int('linear_before_reset', 0) === 0) return b.op('Add', [input, recurrent])
    // the candidate's own bias is added inside, before the reset
    const [gates] = b.ops('Split', [recurrent, b.ints([2 * hidden, hidden])], 2, { axis: 0 })
    const [first, last] = b.ops('Split', [input, b.ints([2 * hidden, hidden])], 2, { axis: 0 })
    return b.op('Concat', [b.op('Add', [first, gates]), last], { axis: 0 })
  },
  step(outer, { attributes, dtype, hidden, activations, recurrent, recurrentBias, clip }) {
    const [f, g] = activations
    const linear = attributes.int('linear_before_reset', 0) !== 0
    const sizes = outer.ints([2 * hidden, hidden])
    const [forGates, forCandidate] = outer.ops('Split', [recurrent, sizes], 2, { axis: 1 })
    const candidateBias = linear && recurrentBias ? outer.ops('Split', [recurrentBias, sizes], 2, { axis: 0 })[1] : undefined
    return (b, x, [before]) => {
      const [xGates, xCandidate] = b.ops('Split', [x, sizes], 2, { axis: -1 })
      const gates = f!(b, clip(b, b.op('Add', [xGates, b.op('MatMul', [before, forGates])])))
      const [update, reset] = b.ops('Split', [gates], 2, { axis: -1, num_outputs: 2 })
      const recurrence = () => {
        const product = b.op('MatMul', [linear ? before : b.op('Mul', [reset, before]), forCandidate])
        const biased = candidateBias ? b.op('Add', [product, candidateBias]) : product
        return linear ? b.op('Mul', [reset, biased]) : biased
      }
      const candidate = g!(b, clip(b, b.op('Add', [xCandidate, recurrence()])))
      return [b.op('Add', [b.op('Mul', [b.op('Sub', [b.scalar(1, dtype), update]), candidate]), b.op('Mul', [update, before])])]
    }
  },
}

export const GRU: Operator = {
  name: 'GRU',
  infer: ctx => inferRecurrent(ctx, 2),
  decompose: (b, node) => decomposeRecurrent(b, node, cell),
  upgrade: { 7: drop('output_sequence') },
  downgrade: {
    14: batchInside,
    7: step => step.setAttribute('output_sequence', { type: 'int', value: step.node.outputs[0] ? 1 : 0 }),
    3: dropUsual('linear_before_reset', 0),
  },
}
