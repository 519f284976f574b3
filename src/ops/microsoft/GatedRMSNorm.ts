import { float } from '../../ir/attribute.ts'
import type { Value } from '../../ir/model.ts'
import { dtypeOf, nodeAttributes, shapeOf } from '../kit/algebra.ts'
import { numberOfDType } from '../kit/datatype.ts'
import { sizeOf } from '../kit/normalize.ts'
import { reshapeTo } from '../kit/reshape-to.ts'
import type { Operator } from '../operator.ts'

/** RMSNormalization of stretches as long as the scale, times gate * sigmoid(gate), reckoned in float32. */
export const GatedRMSNorm: Operator = {
  name: 'GatedRMSNorm',
  domain: 'com.microsoft',
  infer(ctx) {
    const [width, size] = [ctx.shape(0)?.at(-1), ctx.shape(1)?.[0]]
    if (typeof width === 'number' && typeof size === 'number' && (size === 0 || width % size !== 0)) ctx.fail(`${width} elements in stretches of ${size}`)
    ctx.output(0, ctx.dtype(0), ctx.shape(0))
  },
  decompose(b, node) {
    const [x, scale, gate] = node.inputs
    const [dtype, shape, size] = [dtypeOf(x), shapeOf(x), sizeOf(scale, 0)]
    const width = shape?.at(-1)
    if (!x || dtype === undefined || shape === undefined || size === undefined || typeof width !== 'number') return undefined
    const cast = (v: Value | undefined, to: typeof dtype): Value => (dtypeOf(v) === to ? v! : b.op('Cast', [v], { to: numberOfDType(to) }))
    const lead = shape.slice(0, -1).map((_, d) => [x, d] as const)
    const parted = reshapeTo(b, cast(x, 'float32'), [...lead, width / size, size])
    const normal = b.op('RMSNormalization', [parted, cast(scale, 'float32')], { axis: -1, epsilon: float(nodeAttributes(node).float('epsilon', 1e-5)) })
    const wide = cast(gate, 'float32')
    return [cast(b.op('Mul', [reshapeTo(b, normal, [...lead, width]), b.op('Mul', [wide, b.op('Sigmoid', [wide])])]), dtype)]
  },
}
