import { addDims, unknownDim } from '../../../src/ir/dim.ts'
import type { Node, Value } from '../../../src/ir/model.ts'
import { optionsOf } from '../kit/attributes.ts'
import { floats } from '../kit/elementwise.ts'
import type { LstmWeights } from '../kit/lstm.ts'
import { asOnnxLstm, lstmOverTime } from '../kit/lstm.ts'
import { batchFirstFault, batchOf, required, stateRefusal, stateTypes } from '../kit/states.ts'
import type { States, TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'

const merges = (node: Node): boolean => optionsOf(node).int('merge_outputs', 0) === 1
const statesOf = (node: Node): States => ({ inputs: [35, 36, 37, 38], after: merges(node) ? 1 : 2 })

function weightsOf(node: Node, first: number, auxiliary: number): LstmWeights {
  const at = (from: number, count: number): (Value | undefined)[] => Array.from({ length: count }, (_, i) => node.inputs[from + i])
  return {
    input: at(first, 4), recurrent: at(first + 4, 4), peephole: at(first + 8, 3), bias: at(first + 11, 4),
    projection: node.inputs[first + 15], projectionBias: node.inputs[first + 16], layerNorm: [], auxiliary: at(auxiliary, 4),
  }
}

/**
 * A sequence, the weights of the way forward and of the way back, output and cell of both as variables, and an auxiliary input: with weights it
 * is added to both, without it is what goes back in the sequence's place.
 */
export const BIDIRECTIONAL_SEQUENCE_LSTM: TfliteOperator = tfliteOperator({
  name: 'BIDIRECTIONAL_SEQUENCE_LSTM',
  options: 'BidirectionalSequenceLSTMOptions',
  states: statesOf,
  infer(ctx) {
    required(ctx, [0, 2, 3, 4, 6, 7, 8, 13, 14, 15, 19, 20, 21, 23, 24, 25, 30, 31, 32, 35, 36, 37, 38])
    const x = ctx.shape(0)
    const [forward, back] = [ctx.shape(16)?.[0] ?? ctx.shape(6)?.[1], ctx.shape(33)?.[0] ?? ctx.shape(23)?.[1]].map(d => d ?? unknownDim())
    const shape = (units: typeof forward) => [x?.[0] ?? unknownDim(), x?.[1] ?? unknownDim(), units!]
    if (merges(ctx.node)) ctx.output(0, ctx.dtype(0), shape(addDims(forward!, back!)))
    else [forward, back].forEach((units, i) => ctx.output(i, ctx.dtype(0), shape(units)))
    stateTypes(ctx, statesOf(ctx.node))
  },
  decompose(b, node) {
    const timeMajor = optionsOf(node).int('time_major', 1) === 1
    const directions = [{ weights: weightsOf(node, 1, 40), states: [node.inputs[35]!, node.inputs[36]!] }, { weights: weightsOf(node, 18, 44), states: [node.inputs[37]!, node.inputs[38]!] }]
    const [x, auxiliary] = [node.inputs[0]!, node.inputs[39]]
    const linked = directions[0]!.weights.auxiliary[1] !== undefined
    const turn = (v: Value): Value => (timeMajor ? v : b.op('Transpose', [v], { perm: [1, 0, 2] }))
    const whole = (forward: Value, back: Value): Value[] => (merges(node) ? [b.op('Concat', [forward, back], { axis: 2 })] : [forward, back])
    const known = auxiliary ? undefined : asOnnxLstm(b, node, turn(x), directions, 'bidirectional')
    if (known) {
      const parts = known.map((v, i) => b.ops('Split', [v], 2, { axis: i === 0 ? 1 : 0, num_outputs: 2 }).map(p => b.op('Squeeze', [p, b.ints([i === 0 ? 1 : 0])])))
      return [...whole(turn(parts[0]![0]!), turn(parts[0]![1]!)), parts[1]![0], parts[2]![0], parts[1]![1], parts[2]![1]]
    }
    const axis = timeMajor ? 0 : 1
    const runs = directions.map((d, i) => lstmOverTime(b, node, i === 1 && auxiliary && !linked ? auxiliary : x, axis, d.weights, d.states, i === 1, linked ? auxiliary : undefined))
    if (!runs[0] || !runs[1]) return undefined
    return [...whole(runs[0].outputs, runs[1].outputs), ...runs[0].states, ...runs[1].states]
  },
  version: node => (dtypeOf(node.inputs[2]) !== 'int8' ? 1 : optionsOf(node).int('asymmetric_quantize_inputs', 0) === 1 ? 3 : 2),
  takes: { dtypes: [floats], refuses: node => (merges(node) && optionsOf(node).int('time_major', 1) === 0 && batchOf(node) !== 1 ? batchFirstFault : stateRefusal(node, statesOf(node))) },
})
