import type { Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import { shapeOf } from '../kit/algebra.ts'
import { numberOfDType } from '../kit/datatype.ts'
import { decomposeRecurrent, inferRecurrent } from '../kit/recurrent.ts'
import { sizeValue } from '../kit/reshape-to.ts'
import { cell } from '../LSTM.ts'
import type { Operator } from '../operator.ts'

/** Zeros after the longest sequence: what stands there has no say in the scale. */
function withoutRest(b: Builder, x: Value, lengths: Value | undefined): Value {
  if (!lengths) return x
  const steps = b.op('Range', [b.scalar(0, 'int32'), b.op('Cast', [sizeValue(b, [x, 0])], { to: numberOfDType('int32') }), b.scalar(1, 'int32')])
  const met = b.op('Less', [steps, b.op('ReduceMax', [lengths], { keepdims: 0 })])
  return b.op('Where', [b.op('Unsqueeze', [met, b.ints([1, 2])]), x, b.scalar(0, 'float32')])
}

/**
 * LSTM with weights of 8 bits, [directions, size, 4 * hidden]. Their scales and zero points, one for a direction or one for
 * each column, follow the inputs of LSTM. The whole input, and at each step the state, are quantized as they come.
 */
export const DynamicQuantizeLSTM: Operator = {
  name: 'DynamicQuantizeLSTM',
  domain: 'com.microsoft',
  infer(ctx) {
    const turned = (i: number) => {
      const shape = ctx.shape(i)
      if (shape && shape.length !== 3) ctx.fail(`weights of rank ${shape.length}`)
      return shape && [shape[0]!, shape[2]!, shape[1]!]
    }
    inferRecurrent({ ...ctx, shape: i => (i === 1 || i === 2 ? turned(i) : ctx.shape(i)) }, 3)
  },
  decompose(b, node) {
    const hidden = shapeOf(node.inputs[2])?.[1]
    if (typeof hidden !== 'number') return undefined
    return decomposeRecurrent(b, node, cell, {
      hidden,
      inputs: [1, 2, 8, 9, 10, 11],
      times: (at, input, x, part) => at.op('com.microsoft::DynamicQuantizeMatMul', [input === 1 ? withoutRest(at, x, node.inputs[4]) : x, part(input), part(input === 1 ? 8 : 10), part(input === 1 ? 9 : 11)]),
    })
  },
}
