import type { Expr } from '../expr/expr.ts'
import { constant, stage, sum } from '../expr/expr.ts'
import { explicitEnd, inferPool, poolWindow, powerToFloat, powerToInt } from './kit/pool.ts'
import { normOfTaps } from './kit/pool-graph.ts'
import { inOrder, withoutOnes } from './kit/steps.ts'
import { readWindow } from './kit/window.ts'
import type { Operator } from './operator.ts'

/** |x|^p, and the root of a sum of these. */
export const power = (x: Expr, p: number): Expr => (p === 1 ? x.abs() : p === 2 ? x.mul(x) : x.abs().pow(p))
export const root = (x: Expr, p: number): Expr => (p === 1 ? x : p === 2 ? x.apply('sqrt') : x.pow(constant(1 / p, x.type)))

export const LpPool: Operator = {
  name: 'LpPool',
  infer: inferPool,
  compute(k) {
    const x = k.input(0)
    const shape = k.outputShape(0)
    const window = poolWindow(k, x.shape.slice(2))
    const p = k.attributes.int('p', 2)
    return [
      stage(shape, k.outputDType(0), (...i) =>
        root(sum(window.kernel, (...t) => readWindow(x, window, shape.slice(2), i.slice(0, 2), i.slice(2), t, 0, e => power(e, p))), p),
      ),
    ]
  },
  decompose: normOfTaps,
  upgrade: { 2: powerToInt },
  downgrade: { 22: explicitEnd('changed'), 18: inOrder(explicitEnd('brought'), withoutOnes('dilations')), 2: powerToFloat },
}
