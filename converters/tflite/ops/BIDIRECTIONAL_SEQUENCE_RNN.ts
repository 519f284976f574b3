import { addDims, unknownDim } from '../../../src/ir/dim.ts'
import type { Node } from '../../../src/ir/model.ts'
import { activationOf, optionsOf } from '../kit/attributes.ts'
import { floats } from '../kit/elementwise.ts'
import { rnnOverTime } from '../kit/rnn.ts'
import { batchFirstFault, batchOf, required, stateRefusal, stateTypes } from '../kit/states.ts'
import type { States, TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'

const merges = (node: Node): boolean => optionsOf(node).int('merge_outputs', 0) === 1
const statesOf = (node: Node): States => ({ inputs: [4, 8], after: merges(node) ? 1 : 2 })

/** A sequence, weights, recurrent weights, bias and state of the way forward and of the way back, and an auxiliary input: with weights it is added, without it goes back in the sequence's place. */
export const BIDIRECTIONAL_SEQUENCE_RNN: TfliteOperator = tfliteOperator({
  name: 'BIDIRECTIONAL_SEQUENCE_RNN',
  options: 'BidirectionalSequenceRNNOptions',
  states: statesOf,
  infer(ctx) {
    required(ctx, [0, 1, 2, 3, 4, 5, 6, 7, 8])
    const x = ctx.shape(0)
    const units = [1, 5].map(i => ctx.shape(i)?.[0] ?? unknownDim())
    const shape = (size: (typeof units)[number]) => [x?.[0] ?? unknownDim(), x?.[1] ?? unknownDim(), size]
    if (merges(ctx.node)) ctx.output(0, ctx.dtype(0), shape(addDims(units[0]!, units[1]!)))
    else units.forEach((size, i) => ctx.output(i, ctx.dtype(0), shape(size)))
    stateTypes(ctx, statesOf(ctx.node))
  },
  decompose(b, node) {
    const [x, auxiliary] = [node.inputs[0]!, node.inputs[9]]
    const linked = node.inputs[10] !== undefined
    const runs = [0, 1].map(d => {
      const [input, recurrent, bias, state] = node.inputs.slice(1 + 4 * d, 5 + 4 * d)
      const entering = d === 1 && auxiliary && !linked ? auxiliary : x
      return rnnOverTime(b, entering, optionsOf(node).int('time_major', 0) === 1, { input: input!, recurrent: recurrent!, bias, auxiliary: node.inputs[10 + d] }, state!, activationOf(node), d === 1, linked ? auxiliary : undefined)
    })
    const [forward, back] = runs
    if (!forward || !back) return undefined
    return [...(merges(node) ? [b.op('Concat', [forward[0], back[0]], { axis: 2 })] : [forward[0], back[0]]), forward[1], back[1]]
  },
  version: node => (dtypeOf(node.inputs[1]) !== 'int8' ? 1 : optionsOf(node).int('asymmetric_quantize_inputs', 0) === 1 ? 3 : 2),
  takes: { dtypes: [floats], refuses: node => (merges(node) && optionsOf(node).int('time_major', 0) === 0 && batchOf(node) !== 1 ? batchFirstFault : stateRefusal(node, statesOf(node))) },
})
