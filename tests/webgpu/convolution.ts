import type { Buffer } from '../../src/expr/expr.ts'
import { constant, input, read, select, stage, sum } from '../../src/expr/expr.ts'

/** A convolution as tests state it: image is [batch, channels, ...sizes]. */
export interface Window {
  readonly image: readonly number[]
  readonly kernel: readonly number[]
  readonly group?: number
  readonly outputs: number
  readonly stride?: number
  readonly dilation?: number
  readonly pad?: number
}

/** Inputs x, w and bias, and relu(conv(x, w) + bias) with the group as an axis of its own. */
export function convolution({ image, kernel, outputs, group = 1, stride = 1, dilation = 1, pad = 0 }: Window): { readonly inputs: readonly Buffer[]; readonly output: Buffer; readonly products: number } {
  const [batch, channels, ...sizes] = image as [number, number, ...number[]]
  const [inner, per] = [channels / group, outputs / group]
  const [x, w, bias] = [input(image, 'float32'), input([outputs, inner, ...kernel], 'float32'), input([outputs], 'float32')]
  const counts = sizes.map((n, d) => Math.floor((n + 2 * pad - (kernel[d]! - 1) * dilation - 1) / stride) + 1)
  const output = stage([batch, group, per, ...counts], 'float32', (n, g, m, ...o) => {
    const channel = g!.mul(per).add(m!)
    return sum([inner, ...kernel], (c, ...taps) => {
      const at = o.map((v, d) => v.mul(stride).add(taps[d]!.mul(dilation)).sub(pad))
      const inside = at.map((v, d) => v.inside(0, sizes[d]!)).reduce((p, q) => p.and(q), constant(true, 'bool'))
      return select(inside, read(x, [n!, g!.mul(inner).add(c!), ...at]), 0).mul(read(w, [channel, c!, ...taps]))
    }).add(read(bias, [channel])).max(0)
  })
  return { inputs: [x, w, bias], output, products: batch * outputs * inner * [...counts, ...kernel].reduce((p, n) => p * n, 1) }
}
