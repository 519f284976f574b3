import { read, stage } from '../expr/expr.ts'
import type { DType } from '../ir/dtype.ts'
import { bitsOf, byteLengthOf, kindOf } from '../ir/dtype.ts'
import type { Value } from '../ir/model.ts'
import { elementCount, staticShape } from '../ir/types.ts'
import { dtypeOf, shapeOf } from './kit/algebra.ts'
import { dtypeOfNumber, numberOfDType } from './kit/datatype.ts'
import { isOneScale, readGrain, saturated, smallFloat, spreadScale } from './kit/quantize.ts'
import { dropUsual } from './kit/versions.ts'
import { readAttributes } from './attributes.ts'
import { inferInvalid } from './diagnostics.ts'
import { knownDType } from './kit/older.ts'
import { oneOf } from './kit/qlinear.ts'
import { quantizeByHand, quantizedByArithmetic } from './kit/quantize-forms.ts'
import type { Operator, VersionStep } from './operator.ts'

/** What a quotient is held as where no attribute says it: the wider float of the two, and never fewer bits than half a float32. */
function divisionType(x: DType, scale: DType): DType {
  if (kindOf(x) !== 'float') return 'float32'
  const wider = bitsOf(x) <= bitsOf(scale) && kindOf(scale) === 'float' ? scale : x
  return bitsOf(wider) < 16 ? 'float32' : wider
}

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
    const precision = dtypeOfNumber(k.attributes.int('precision', 0)) ?? divisionType(x.dtype, scale.dtype)
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
    const to = dtypeOf(node.outputs[0]) ?? dtypeOf(zero) ?? dtypeOfNumber(attributes.int('output_dtype', 0)) ?? 'uint8'
    if (smallFloat(to) === undefined) {
      const precision = dtypeOfNumber(attributes.int('precision', 0)) ?? divisionType(dtypeOf(x) ?? 'float32', dtypeOf(scale) ?? 'float32')
      return oneOf(quantizedByArithmetic(b, node, precision))
    }
    const divisor = spreadScale(b, x, scale, attributes)
    if (divisor === undefined) return undefined
    const [own, other] = [dtypeOf(x), dtypeOf(scale)]
    if (own === undefined || other === undefined) return undefined
    const precision = numberOfDType(dtypeOfNumber(attributes.int('precision', 0)) ?? divisionType(own, other))
    const cast = (v: Value | undefined): Value | undefined => (dtypeOf(v) === dtypeOfNumber(precision) ? v : b.op('Cast', [v], { to: precision }))
    return [b.op('Cast', [b.op('Div', [cast(x), cast(divisor)])], { to: numberOfDType(to), saturate: attributes.int('saturate', 1) })]
  },
  downgrade: {
    23(step) {
      const [own, other] = [knownDType(step), knownDType(step, 1)]
      if (step.attributes.int('precision', 0) !== 0 || (own !== other && kindOf(own) === 'float')) return byHand(step)
      step.setAttribute('precision', undefined)
    },
    21(step) {
      if (step.attributes.int('block_size', 0) !== 0 || ['int16', 'uint16'].includes(dtypeOf(step.node.outputs[0]) ?? '')) return byHand(step)
      const { node, b } = step
      const to = dtypeOf(node.outputs[0])
      if (!node.inputs[2] && to !== 'uint8') {
        // the type is said by the zero point
        const shape = staticShape(shapeOf(node.inputs[1]))
        if (to === undefined || shape === undefined) return byHand(step)
        node.setInput(2, b.bytes(to, shape, new Uint8Array(byteLengthOf(to, elementCount(shape)))))
      }
      for (const name of ['block_size', 'output_dtype']) step.setAttribute(name, undefined)
    },
    19(step) {
      if (['float16', 'bfloat16'].includes(knownDType(step))) return byHand(step)
      dropUsual('saturate', 1)(step)
    },
    13(step) {
      if (isOneScale(step.node.inputs[1])) step.setAttribute('axis', undefined)
      else byHand(step)
    },
    10: step => byHand(step),
  },
}

const byHand = (step: VersionStep): void => quantizeByHand(step, dtypeOfNumber(step.attributes.int('precision', 0)) ?? divisionType(knownDType(step), knownDType(step, 1)))
