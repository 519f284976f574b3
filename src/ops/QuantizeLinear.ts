import { read, stage } from '../expr/expr.ts'
import type { DType } from '../ir/dtype.ts'
import { bitsOf, kindOf } from '../ir/dtype.ts'
import { dtypeOf } from './kit/algebra.ts'
import { dtypeOfNumber, numberOfDType } from './kit/datatype.ts'
import { oneScale, readGrain, saturated, smallFloat, spreadScale } from './kit/quantize.ts'
import { inOrder } from './kit/steps.ts'
import { dropUsual } from './kit/versions.ts'
import { readAttributes } from './attributes.ts'
import { inferInvalid } from './diagnostics.ts'
import type { Operator } from './operator.ts'

export const QuantizeLinear: Operator = {
  name: 'QuantizeLinear',
  widening: 'never',
  infer(ctx) {
    const wanted = ctx.attributes.int('output_dtype', 0)
    const stated = wanted === 0 ? undefined : (dtypeOfNumber(wanted) ?? ctx.fail(`output_dtype ${wanted}`))
    ctx.output(0, ctx.has(2) ? ctx.dtype(2) : (stated ?? 'uint8'), ctx.shape(0))
  },
  compute(k) {
    const [x, scale] = [k.input(0), k.input(1)]
    const zero = k.has(2) ? k.input(2) : undefined
    const dtype = k.outputDType(0)
    // the quotient is rounded to the precision of the division before it is rounded to an integer
    const precision: DType = dtypeOfNumber(k.attributes.int('precision', 0)) ?? (kindOf(x.dtype) === 'float' && bitsOf(x.dtype) <= bitsOf(scale.dtype) ? scale.dtype : kindOf(x.dtype) === 'float' ? x.dtype : 'float32')
    const quotient = stage(x.shape, precision, (...i) => read(x, i).to('float').div(readGrain(k, scale, x.shape, i, k.attributes).to('float')))
    return [
      stage(x.shape, dtype, (...i) => {
        const rounded = read(quotient, i).to('float').apply('round')
        return saturated(zero ? rounded.add(readGrain(k, zero, x.shape, i, k.attributes).to('float')) : rounded, dtype)
      }),
    ]
  },
  computeRefuses: k => smallFloat(k.outputDType(0)),
  decompose(b, node) {
    const attributes = readAttributes(node.attributes, message => {
      throw inferInvalid(node, message)
    })
    const [x, scale, zero] = node.inputs
    const to = dtypeOf(zero) ?? dtypeOfNumber(attributes.int('output_dtype', 0))
    const divisor = to === undefined || smallFloat(to) === undefined ? undefined : spreadScale(b, x, scale, attributes)
    if (to === undefined || divisor === undefined) return undefined
    return [b.op('Cast', [b.op('Div', [x, divisor])], { to: numberOfDType(to), saturate: attributes.int('saturate', 1) })]
  },
  downgrade: { 23: dropUsual('precision', 0), 21: inOrder(dropUsual('block_size', 0), dropUsual('output_dtype', 0)), 19: dropUsual('saturate', 1), 13: oneScale },
}
