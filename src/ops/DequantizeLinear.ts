import type { Expr } from '../expr/expr.ts'
import { read, scalarOf, stage } from '../expr/expr.ts'
import { bitsOf, kindOf } from '../ir/dtype.ts'
import { readAttributes } from './attributes.ts'
import { inferInvalid } from './diagnostics.ts'
import { dtypeOf } from './kit/algebra.ts'
import { dtypeOfNumber, numberOfDType } from './kit/datatype.ts'
import { isOneScale, readGrain, smallFloat, spreadScale } from './kit/quantize.ts'
import { knownDType } from './kit/older.ts'
import { oneOf } from './kit/qlinear.ts'
import { dequantizeByHand, dequantizedByArithmetic } from './kit/quantize-forms.ts'
import type { Operator } from './operator.ts'

export const DequantizeLinear: Operator = {
  name: 'DequantizeLinear',
  widening: 'never',
  unpacks: true,
  infer(ctx) {
    const scale = ctx.dtype(1)
    // powers of two are scales, not what is scaled
    ctx.output(0, dtypeOfNumber(ctx.attributes.int('output_dtype', 0)) ?? (smallFloat(scale) === undefined ? scale : 'float32'), ctx.shape(0))
  },
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
    if (kindOf(dtypeOf(x) ?? 'int8') !== 'float') return oneOf(dequantizedByArithmetic(b, node))
    const wanted = dtypeOfNumber(attributes.int('output_dtype', 0))
    const given = dtypeOf(scale)
    const to = smallFloat(given) !== undefined ? (wanted ?? 'float32') : given !== undefined && wanted !== undefined && bitsOf(wanted) > bitsOf(given) ? wanted : given
    const factor = to === undefined ? undefined : spreadScale(b, x, to === given ? scale : b.op('Cast', [scale], { to: numberOfDType(to) }), attributes)
    if (to === undefined || factor === undefined) return undefined
    const product = b.op('Mul', [b.op('Cast', [x], { to: numberOfDType(to) }), factor])
    return [wanted === undefined || wanted === to ? product : b.op('Cast', [product], { to: numberOfDType(wanted) })]
  },
  downgrade: {
    23(step) {
      const wanted = step.attributes.int('output_dtype', 0)
      if (wanted !== 0 && dtypeOfNumber(wanted) !== dtypeOf(step.node.inputs[1])) return dequantizeByHand(step)
      step.setAttribute('output_dtype', undefined)
    },
    21(step) {
      if (step.attributes.int('block_size', 0) !== 0 || ['int16', 'uint16'].includes(knownDType(step))) return dequantizeByHand(step)
      step.setAttribute('block_size', undefined)
    },
    19(step) {
      if (['float16', 'bfloat16'].includes(knownDType(step, 1))) dequantizeByHand(step)
    },
    13(step) {
      if (isOneScale(step.node.inputs[1])) step.setAttribute('axis', undefined)
      else dequantizeByHand(step)
    },
    10: dequantizeByHand,
  },
}
