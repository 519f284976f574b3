import type { Buffer, Expr } from '../expr/expr.ts'
import { constant, reduce, read, select, stage } from '../expr/expr.ts'
import { explicitEnd, inferPool, leastOf, poolWindow } from './kit/pool.ts'
import { greatestOfTaps } from './kit/pool-graph.ts'
import { inOrder, withoutOnes } from './kit/steps.ts'
import { insideImage, placeOf, readWindow } from './kit/window.ts'
import type { ComputeContext, Operator } from './operator.ts'

export const MaxPool: Operator = {
  name: 'MaxPool',
  widening: 'ordered',
  infer: inferPool,
  compute(k) {
    const x = k.input(0)
    const shape = k.outputShape(0)
    const counts = shape.slice(2)
    const window = poolWindow(k, x.shape.slice(2))
    const most = stage(shape, k.outputDType(0), (...i) =>
      reduce('max', window.kernel, (...t) => readWindow(x, window, counts, i.slice(0, 2), i.slice(2), t, leastOf(x.dtype))),
    )
    return k.hasOutput(1) ? [most, indices(k, x, most)] : [most]
  },
  decompose: greatestOfTaps,
  downgrade: {
    22: explicitEnd('changed'),
    10: inOrder(explicitEnd('brought'), withoutOnes('dilations')),
    8(step) {
      if (step.node.outputs[1]) step.refuse('Indices came later')
      step.setAttribute('storage_order', undefined)
    },
  },
}

/** The place in the whole input of the first element of each window that is the greatest. */
function indices(k: ComputeContext, x: Buffer, most: Buffer): Buffer {
  const counts = most.shape.slice(2)
  const image = x.shape.slice(2)
  const window = poolWindow(k, image)
  const taps = window.kernel.reduce((n, d) => n * d, 1)
  const first = stage(most.shape, 'int32', (...i) =>
    reduce('min', window.kernel, (...t) => {
      const o = i.slice(2)
      const flat = t.reduce<Expr>((f, v, a) => f.mul(window.kernel[a]!).add(v), constant(0, 'int'))
      const hit = select(
        insideImage(window, image, counts, o, t),
        read(x, [i[0]!, i[1]!, ...o.map((v, a) => placeOf(window, a, v, t[a]!))]).eq(read(most, i)),
        constant(false, 'bool'),
      )
      return select(hit, flat, taps)
    }),
  )
  const columns = k.attributes.int('storage_order', 0) === 1
  return stage(most.shape, 'int64', (...i) => {
    let rest: Expr = read(first, i).min(taps - 1)
    const places = [...window.kernel.keys()].reverse().map(a => {
      const t = rest.floormod(window.kernel[a]!)
      rest = rest.floordiv(window.kernel[a]!)
      return { size: image[a]!, at: placeOf(window, a, i[2 + a]!, t).clamp(0, image[a]! - 1).to('long') }
    })
    const ordered = columns ? places : places.reverse()
    const start = i[0]!.to('long').mul(x.shape[1]!).add(i[1]!.to('long'))
    return ordered.reduce<Expr>((flat, { size, at }) => flat.mul(size).add(at), start)
  })
}
