import type { Expr } from '../expr/expr.ts'
import { read, scalarOf, stage } from '../expr/expr.ts'
import { readAttributes } from './attributes.ts'
import { inferInvalid } from './diagnostics.ts'
import { dtypeOf } from './kit/algebra.ts'
import { dtypeOfNumber, numberOfDType } from './kit/datatype.ts'
import { oneScale, readGrain, smallFloat, spreadScale } from './kit/quantize.ts'
import { dropUsual } from './kit/versions.ts'
import type { Operator } from './operator.ts'

export const DequantizeLinear: Operator = {
  name: 'DequantizeLinear',
  widening: 'never',
  infer: ctx => ctx.output(0, dtypeOfNumber(ctx.attributes.int('output_dtype', 0)) ?? ctx.dtype(1), ctx.shape(0)),
  compute(k) {
    const [x, scale] = [k.input(0), k.input(1)]
    const zero = k.has(2) ? k.input(2) : undefined
    const dtype = k.outputDType(0)
    // integers beyond 2^24 are rounded before they are scaled
    const rounded = (e: Expr): Expr => (x.dtype === 'int32' && e.type === 'float' ? e.apply('fround') : e)
    return [
      stage(x.shape, dtype, (...i) => {
        const element = zero ? read(x, i).sub(readGrain(k, zero, x.shape, i, k.attributes)) : read(x, i)
        return rounded(element.to(scalarOf(dtype))).mul(readGrain(k, scale, x.shape, i, k.attributes).to(scalarOf(dtype)))
      }),
    ]
  },
  computeRefuses: k => smallFloat(k.dtype(0)),
  decompose(b, node) {
    const attributes = readAttributes(node.attributes, message => {
      throw inferInvalid(node, message)
    })
    const [x, scale] = node.inputs
    const to = dtypeOf(scale)
    const factor = to === undefined || smallFloat(dtypeOf(x)) === undefined ? undefined : spreadScale(b, x, scale, attributes)
    if (to === undefined || factor === undefined) return undefined
    const product = b.op('Mul', [b.op('Cast', [x], { to: numberOfDType(to) }), factor])
    const wanted = dtypeOfNumber(attributes.int('output_dtype', 0)) ?? to
    return [wanted === to ? product : b.op('Cast', [product], { to: numberOfDType(wanted) })]
  },
  downgrade: { 23: dropUsual('output_dtype', 0), 21: dropUsual('block_size', 0), 13: oneScale },
}
