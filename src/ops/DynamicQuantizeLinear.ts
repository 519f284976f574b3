import { read, reduce, select, stage } from '../expr/expr.ts'
import { dtypeOf } from './kit/algebra.ts'
import { saturated } from './kit/quantize.ts'
import { quantizedItself, quantizeItself } from './kit/quantize-forms.ts'
import type { Operator } from './operator.ts'

export const DynamicQuantizeLinear: Operator = {
  name: 'DynamicQuantizeLinear',
  widening: 'never',
  infer(ctx) {
    ctx.output(0, 'uint8', ctx.shape(0))
    ctx.output(1, 'float32', [])
    ctx.output(2, 'uint8', [])
  },
  compute(k) {
    const x = k.input(0)
    const most = stage([], 'float32', () => reduce('max', x.shape, (...i) => read(x, i)).max(0))
    const least = stage([], 'float32', () => reduce('min', x.shape, (...i) => read(x, i)).min(0))
    const span = stage([], 'float32', () => read(most, []).sub(read(least, [])))
    const scale = stage([], 'float32', () => select(read(span, []).eq(0), read(span, []).add(1), read(span, [])).div(255))
    const place = stage([], 'float32', () => read(least, []).neg().div(read(scale, [])))
    const zero = stage([], 'uint8', () => saturated(read(place, []).clamp(0, 255), 'uint8'))
    const quotient = stage(x.shape, 'float32', (...i) => read(x, i).div(read(scale, [])))
    return [stage(x.shape, 'uint8', (...i) => saturated(read(quotient, i).apply('round').add(read(zero, []).to('float')), 'uint8')), scale, zero]
  },
  decompose: (b, node) => (dtypeOf(node.inputs[0]) === 'float32' ? quantizedItself(b, node) : undefined),
  downgrade: { 11: quantizeItself },
}
