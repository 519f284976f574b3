import { unknownDim } from '../../../src/ir/dim.ts'
import type { Node, Value } from '../../../src/ir/model.ts'
import { optionsOf } from '../kit/attributes.ts'
import type { LstmWeights } from '../kit/lstm.ts'
import { asOnnxLstm, lstmOverTime } from '../kit/lstm.ts'
import { floats } from '../kit/elementwise.ts'
import { required, stateRefusal, stateTypes } from '../kit/states.ts'
import type { States, TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'

const states: States = { inputs: [18, 19], after: 1 }

/** Those that an LSTM can't do without: all but what belongs to its input gate, peepholes, projection and normalization. */
export const lstmInputs: readonly number[] = [0, 2, 3, 4, 6, 7, 8, 13, 14, 15, 18, 19]

/** The weights of a node whose inputs are those of an LSTM without sequence: gates from 1 on, layer normalization at the end. */
export const lstmWeightsOf = (node: Node): LstmWeights => {
  const at = (from: number, count: number): (Value | undefined)[] => Array.from({ length: count }, (_, i) => node.inputs[from + i])
  return { input: at(1, 4), recurrent: at(5, 4), peephole: at(9, 3), bias: at(12, 4), projection: node.inputs[16], projectionBias: node.inputs[17], layerNorm: at(20, 4), auxiliary: [] }
}

/** A sequence, weights by gate (input, forget, cell, output), peepholes, biases, a projection, the output and the cell as variables, layer normalization. */
export const UNIDIRECTIONAL_SEQUENCE_LSTM: TfliteOperator = tfliteOperator({
  name: 'UNIDIRECTIONAL_SEQUENCE_LSTM',
  options: 'UnidirectionalSequenceLSTMOptions',
  states: () => states,
  infer(ctx) {
    required(ctx, lstmInputs)
    const [x, recurrent, projection] = [ctx.shape(0), ctx.shape(6), ctx.shape(16)]
    ctx.output(0, ctx.dtype(0), [x?.[0] ?? unknownDim(), x?.[1] ?? unknownDim(), projection?.[0] ?? recurrent?.[1] ?? unknownDim()])
    stateTypes(ctx, states)
  },
  decompose(b, node) {
    const weights = lstmWeightsOf(node)
    const [x, initial] = [node.inputs[0]!, [node.inputs[18]!, node.inputs[19]!]]
    const timeMajor = optionsOf(node).int('time_major', 0) === 1
    if (optionsOf(node).int('diagonal_recurrent_tensors', 0) === 1) return undefined
    const turn = (v: Value): Value => (timeMajor ? v : b.op('Transpose', [v], { perm: [1, 0, 2] }))
    const known = asOnnxLstm(b, node, turn(x), [{ weights, states: initial }], 'forward')
    if (known) return [turn(b.op('Squeeze', [known[0], b.ints([1])])), ...known.slice(1).map(v => b.op('Squeeze', [v, b.ints([0])]))]
    const run = lstmOverTime(b, node, x, timeMajor ? 0 : 1, weights, initial, false)
    return run && [run.outputs, ...run.states]
  },
  version: node => (dtypeOf(node.inputs[2]) !== 'int8' ? 1 : optionsOf(node).int('asymmetric_quantize_inputs', 0) === 1 ? 3 : 2),
  takes: { dtypes: [floats], refuses: node => stateRefusal(node, states) },
})
