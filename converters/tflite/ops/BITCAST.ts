import { bitsOf } from '../../../src/ir/dtype.ts'
import type { Value } from '../../../src/ir/model.ts'
import { bitsAs, cutBits, joinBits } from '../kit/bits.ts'
import { statedType } from '../kit/stated-types.ts'
import type { TfliteOperator } from '../operator.ts'
import { dtypeOf, tfliteOperator } from '../operator.ts'

/** Wider elements are cut along a new last axis, narrower ones joined along the last. The new element type is that of the output (`output_types`). */
export const BITCAST: TfliteOperator = tfliteOperator({
  name: 'BITCAST',
  options: 'BitcastOptions',
  infer(ctx) {
    const [from, to, shape] = [ctx.dtype(0), statedType(ctx.node)?.dtype, ctx.shape(0)]
    if (from === undefined || to === undefined || shape === undefined) return ctx.output(0, to, undefined)
    const ratio = bitsOf(from) / bitsOf(to)
    if (!(ratio > 0 && ratio < Infinity)) ctx.fail(`bits of ${from} as ${to}`)
    if (ratio < 1 && (shape.length === 0 || (typeof shape.at(-1) === 'number' && shape.at(-1) !== 1 / ratio))) ctx.fail(`${from}[${shape.join()}] as ${to}`)
    ctx.output(0, to, ratio > 1 ? [...shape, ratio] : ratio < 1 ? shape.slice(0, -1) : shape)
  },
  decompose(b, node) {
    const x = node.inputs[0] as Value
    const [from, to] = [dtypeOf(x), statedType(node)?.dtype]
    if (from === undefined || to === undefined) return undefined
    const ratio = bitsOf(from) / bitsOf(to)
    const result = ratio === 1 ? bitsAs(b, x, to) : ratio > 1 ? cutBits(b, x, to) : joinBits(b, x, to)
    return result && [result]
  },
  takes: { dtypes: [['float32', 'float64', 'float16', 'bfloat16', 'int64', 'int32', 'int16', 'int8', 'uint64', 'uint32', 'uint16', 'uint8', 'bool', 'complex64']] },
})
