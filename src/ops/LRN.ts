import { read, reduce, select, stage } from '../expr/expr.ts'
import type { Operator } from './operator.ts'

export const LRN: Operator = {
  name: 'LRN',
  infer: ctx => ctx.output(0, ctx.dtype(0), ctx.shape(0)),
  compute(k) {
    const x = k.input(0)
    const size = k.attributes.int('size') ?? k.fail('size is missing')
    const [alpha, beta, bias] = [k.attributes.float('alpha', 1e-4), k.attributes.float('beta', 0.75), k.attributes.float('bias', 1)]
    const before = Math.floor((size - 1) / 2)
    return [
      stage(x.shape, x.dtype, (...i) => {
        const squares = reduce('sum', [size], w => {
          const c = i[1]!.add(w!).sub(before)
          const e = read(x, i.map((v, d) => (d === 1 ? c : v)))
          return select(c.inside(0, x.shape[1]!), e.mul(e), 0)
        })
        return read(x, i).div(squares.mul(alpha / size).add(bias).pow(beta))
      }),
    ]
  },
}
