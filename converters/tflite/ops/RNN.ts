import { unknownDim } from '../../../src/ir/dim.ts'
import { activate } from '../kit/activation.ts'
import { activationOf } from '../kit/attributes.ts'
import { floats } from '../kit/elementwise.ts'
import { sum, times } from '../kit/over-time.ts'
import { stateRefusal, stateTypes } from '../kit/states.ts'
import type { States, TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'

const states: States = { inputs: [4], after: 1 }

/** One step: an input [batch, size], weights, recurrent weights, bias, the state as a variable. */
export const RNN: TfliteOperator = tfliteOperator({
  name: 'RNN',
  options: 'RNNOptions',
  states: () => states,
  infer(ctx) {
    ctx.output(0, ctx.dtype(0), [ctx.shape(0)?.[0] ?? unknownDim(), ctx.shape(1)?.[0] ?? unknownDim()])
    stateTypes(ctx, states)
  },
  decompose(b, node) {
    const [x, input, recurrent, bias, state] = node.inputs
    const out = activate(b, sum(b, times(b, x!, input!), times(b, state!, recurrent!), bias)!, activationOf(node))
    return out && [out, out]
  },
  version: node => (dtypeOf(node.inputs[1]) === 'int8' ? 2 : 1),
  takes: { dtypes: [floats], refuses: node => stateRefusal(node, states) },
})
