import { unknownDim } from '../../../src/ir/dim.ts'
import { activationOf, optionsOf } from '../kit/attributes.ts'
import { floats } from '../kit/elementwise.ts'
import { rnnOverTime } from '../kit/rnn.ts'
import { stateRefusal, stateTypes } from '../kit/states.ts'
import type { States, TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'

const states: States = { inputs: [4], after: 1 }

/** A sequence, weights [units, size], recurrent weights [units, units], bias, the state as a variable. */
export const UNIDIRECTIONAL_SEQUENCE_RNN: TfliteOperator = tfliteOperator({
  name: 'UNIDIRECTIONAL_SEQUENCE_RNN',
  options: 'SequenceRNNOptions',
  states: () => states,
  infer(ctx) {
    const x = ctx.shape(0)
    ctx.output(0, ctx.dtype(0), [x?.[0] ?? unknownDim(), x?.[1] ?? unknownDim(), ctx.shape(1)?.[0] ?? unknownDim()])
    stateTypes(ctx, states)
  },
  decompose(b, node) {
    const [x, input, recurrent, bias, state] = node.inputs
    return rnnOverTime(b, x!, optionsOf(node).int('time_major', 0) === 1, { input: input!, recurrent: recurrent!, bias }, state!, activationOf(node), false)
  },
  version: node => (dtypeOf(node.inputs[1]) !== 'int8' ? 1 : optionsOf(node).int('asymmetric_quantize_inputs', 0) === 1 ? 3 : 2),
  takes: { dtypes: [floats], refuses: node => stateRefusal(node, states) },
})
