import type { Expr } from '../expr/expr.ts'
import { read, scalarOf, select, stage, sum } from '../expr/expr.ts'
import { explicitEnd, inferPool, poolWindow } from './kit/pool.ts'
import { meanOfTaps } from './kit/pool-graph.ts'
import { withoutOnes } from './kit/steps.ts'
import { dropUsual } from './kit/versions.ts'
import { placeOf, readWindow } from './kit/window.ts'
import type { Operator } from './operator.ts'

export const AveragePool: Operator = {
  name: 'AveragePool',
  infer: inferPool,
  compute(k) {
    const x = k.input(0)
    const shape = k.outputShape(0)
    const counts = shape.slice(2)
    const image = x.shape.slice(2)
    const window = poolWindow(k, image)
    const withPad = k.attributes.int('count_include_pad', 0) === 1
    const type = scalarOf(x.dtype)
    // how many taps count is a product over the axes: the axes on which it varies get a small table
    let whole = 1
    const tables = counts.map((count, a) => {
      const [low, high] = withPad ? [-window.before[a]!, image[a]! + window.after[a]!] : [0, image[a]!]
      const [size, s, d] = [window.kernel[a]!, window.strides[a]!, window.dilations[a]!]
      const last = (count - 1) * s - window.before[a]! + (size - 1) * d
      if (low <= -window.before[a]! && last < high) {
        whole *= size
        return undefined
      }
      return stage([count], 'float32', o => sum([size], t => select(placeOf(window, a, o!, t!).inside(low, high), 1, 0)).to('float'))
    })
    return [
      stage(shape, k.outputDType(0), (...i) => {
        const o = i.slice(2)
        const total = sum(window.kernel, (...t) => readWindow(x, window, counts, i.slice(0, 2), o, t, 0))
        const varying = tables.flatMap((table, a) => (table ? [read(table, [o[a]!]).to(type)] : []))
        const product = varying.reduce<Expr | undefined>((p, v) => (p ? p.mul(v) : v), undefined)
        return product === undefined ? total.div(whole) : total.div(whole === 1 ? product : product.mul(whole))
      }),
    ]
  },
  decompose: meanOfTaps,
  downgrade: { 22: explicitEnd('changed'), 19: withoutOnes('dilations'), 10: explicitEnd('brought'), 7: dropUsual('count_include_pad', 0) },
}
