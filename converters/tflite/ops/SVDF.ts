import { divideExactly, unknownDim } from '../../../src/ir/dim.ts'
import { activate } from '../kit/activation.ts'
import { activationOf, optionsOf } from '../kit/attributes.ts'
import { floats } from '../kit/elementwise.ts'
import { sum, times } from '../kit/over-time.ts'
import { required, stateRefusal, stateTypes } from '../kit/states.ts'
import type { States, TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'

const states: States = { inputs: [4], after: 1 }

/**
 * A filter of low rank over the last inputs: input [batch, size], weights of the features [filters, size] and of time [filters, memory], bias [units],
 * and as a variable the features seen [batch, filters * memory]. `rank` filters make a unit.
 */
export const SVDF: TfliteOperator = tfliteOperator({
  name: 'SVDF',
  options: 'SVDFOptions',
  states: () => states,
  infer(ctx) {
    required(ctx, [0, 1, 2, 4])
    const filters = ctx.shape(1)?.[0]
    const units = filters === undefined ? undefined : divideExactly(filters, ctx.attributes.int('rank', 0))
    ctx.output(0, ctx.dtype(0), [ctx.shape(0)?.[0] ?? unknownDim(), units ?? unknownDim()])
    stateTypes(ctx, states)
  },
  decompose(b, node) {
    const [x, features, time, bias, state] = node.inputs
    const shape = time?.type?.kind === 'tensor' ? time.type.shape : undefined
    const [filters, memory] = shape ?? []
    const rank = optionsOf(node).int('rank', 0)
    if (typeof filters !== 'number' || typeof memory !== 'number' || !(rank >= 1) || filters % rank !== 0) return undefined
    const newest = b.op('Unsqueeze', [times(b, x!, features!), b.ints([2])])
    const older = b.op('Slice', [b.op('Reshape', [state, b.ints([-1, filters, memory])]), b.ints([1]), b.ints([memory]), b.ints([2])])
    const seen = memory === 1 ? newest : b.op('Concat', [older, newest], { axis: 2 })
    const perFilter = b.op('ReduceSum', [b.op('Mul', [seen, time]), b.ints([2])], { keepdims: 0 })
    const perUnit = rank === 1 ? perFilter : b.op('ReduceSum', [b.op('Reshape', [perFilter, b.ints([-1, filters / rank, rank])]), b.ints([2])], { keepdims: 0 })
    const out = activate(b, sum(b, perUnit, bias)!, activationOf(node))
    return out && [out, b.op('Reshape', [seen, b.ints([-1, filters * memory])])]
  },
  version: node => (dtypeOf(node.inputs[1]) === 'int8' ? 2 : 1),
  takes: { dtypes: [floats], refuses: node => stateRefusal(node, states) },
})
