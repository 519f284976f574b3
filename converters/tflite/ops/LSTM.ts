import { addDims, unknownDim } from '../../../src/ir/dim.ts'
import type { Node, Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { optionsOf } from '../kit/attributes.ts'
import { floats } from '../kit/elementwise.ts'
import { lstmShares, lstmStep } from '../kit/lstm.ts'
import { sum, times } from '../kit/over-time.ts'
import { required, stateRefusal, stateTypes } from '../kit/states.ts'
import type { States, TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'
import { lstmInputs, lstmWeightsOf } from './UNIDIRECTIONAL_SEQUENCE_LSTM.ts'

const isBasic = (node: Node): boolean => optionsOf(node).string('kernel_type', 'FULL') === 'BASIC'
const none: States = { inputs: [], after: 4 }
const full: States = { inputs: [18, 19], after: 1 }
const statesOf = (node: Node): States => (isBasic(node) ? none : full)

/** The older kernel: input, output before, weights for both side by side (gates: input, cell, forget, output), bias, cell before. Gives output, cell, and what it works in. */
function basic(b: Builder, node: Node): Value[] {
  const [x, before, weights, bias, cell] = node.inputs
  const both = b.op('Concat', [x, before], { axis: -1 })
  const work = sum(b, times(b, both, weights!), bias)!
  const [i, c, f, o] = b.ops('Split', [work], 4, { axis: -1, num_outputs: 4 })
  const sigmoid = (v: Value | undefined): Value => b.op('Sigmoid', [v])
  const next = b.op('Add', [b.op('Mul', [sigmoid(i), b.op('Tanh', [c])]), b.op('Mul', [sigmoid(f), cell])])
  return [b.op('Mul', [sigmoid(o), b.op('Tanh', [next])]), next, both, work]
}

/** One step of an LSTM: an input [batch, size] and otherwise what UNIDIRECTIONAL_SEQUENCE_LSTM has; or the older kernel, whose state is in plain tensors. */
export const LSTM: TfliteOperator = tfliteOperator({
  name: 'LSTM',
  options: 'LSTMOptions',
  states: statesOf,
  infer(ctx) {
    const batch = ctx.shape(0)?.[0] ?? unknownDim()
    if (isBasic(ctx.node)) {
      required(ctx, [0, 1, 2, 3, 4])
      const [depth, held] = [ctx.shape(0)?.[1] ?? unknownDim(), ctx.shape(1)?.[1] ?? unknownDim()]
      const widths = [held, held, addDims(depth, held), ctx.shape(2)?.[0] ?? unknownDim()]
      return widths.forEach((width, o) => ctx.hasOutput(o) && ctx.output(o, ctx.dtype(0), [batch, width]))
    }
    required(ctx, lstmInputs)
    ctx.output(0, ctx.dtype(0), [batch, ctx.shape(16)?.[0] ?? ctx.shape(6)?.[1] ?? unknownDim()])
    stateTypes(ctx, full)
  },
  decompose(b, node) {
    if (isBasic(node)) return basic(b, node).slice(0, node.outputs.length)
    const weights = lstmWeightsOf(node)
    const out = lstmStep(b, node, weights)?.(b, lstmShares(b, node.inputs[0]!, weights, undefined), [node.inputs[18]!, node.inputs[19]!])
    return out && [out[0], ...out]
  },
  version: node => (isBasic(node) ? 2 : dtypeOf(node.inputs[2]) === 'int8' ? 3 : 1),
  takes: { dtypes: [floats], refuses: node => stateRefusal(node, statesOf(node)) },
})
