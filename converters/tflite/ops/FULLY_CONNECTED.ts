import { divideExactly, mulDims, unknownDim } from '../../../src/ir/dim.ts'
import { activate } from '../kit/activation.ts'
import { activationOf, optionsOf } from '../kit/attributes.ts'
import { floats } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, rankOf, tfliteOperator } from '../operator.ts'

/** Data of any rank, weights [units, depth], bias. Without `keep_num_dims` the result has two axes. */
export const FULLY_CONNECTED: TfliteOperator = tfliteOperator({
  name: 'FULLY_CONNECTED',
  options: 'FullyConnectedOptions',
  infer(ctx) {
    const [x, w] = [ctx.shape(0), ctx.shape(1)]
    const units = w?.[0] ?? unknownDim()
    if (ctx.attributes.int('keep_num_dims', 0) === 1) return ctx.output(0, ctx.dtype(0), x && [...x.slice(0, -1), units])
    const rows = x && w?.[1] !== undefined ? divideExactly(mulDims(...x), w[1]) : undefined
    ctx.output(0, ctx.dtype(0), [rows ?? unknownDim(), units])
  },
  decompose(b, node) {
    const [x, w, bias] = node.inputs
    const a = optionsOf(node)
    const depth = w?.type?.kind === 'tensor' ? w.type.shape?.[1] : undefined
    if (typeof depth !== 'number' || a.string('weights_format', 'DEFAULT') !== 'DEFAULT') return undefined
    const data = a.int('keep_num_dims', 0) === 1 || rankOf(x) === 2 ? x! : b.op('Reshape', [x, b.ints([-1, depth])])
    const product = b.op('MatMul', [data, b.op('Transpose', [w], { perm: [1, 0] })])
    const result = activate(b, bias ? b.op('Add', [product, bias]) : product, activationOf(node))
    return result && [result]
  },
  version(node) {
    const [x, w] = [dtypeOf(node.inputs[0]), dtypeOf(node.inputs[1])]
    if (x === 'float32' && (w === 'int8' || w === 'int4')) return 12
    if (x === 'int16') return 7
    if (node.inputs[2] === undefined) return 6
    return optionsOf(node).int('keep_num_dims', 0) === 1 ? 5 : x === 'int8' ? 4 : 1
  },
  takes: { dtypes: [floats, floats, floats] },
})
