import { stage } from '../../expr/expr.ts'
import { broadcastShapes, readBroadcast } from '../kit/broadcast.ts'
import { only } from '../kit/requantize.ts'
import type { Operator } from '../operator.ts'

/** (A - zero) * (B - zero) in int32. Inputs: A, its zero point, B, its zero point. */
export const MulInteger: Operator = {
  name: 'MulInteger',
  domain: 'com.microsoft',
  infer(ctx) {
    const shape = broadcastShapes([ctx.shape(0), ctx.shape(2)])
    if (shape === null) return ctx.fail(`shapes [${ctx.shape(0)?.join()}] and [${ctx.shape(2)?.join()}] do not broadcast`)
    ctx.output(0, 'int32', shape)
  },
  compute(k) {
    const less = (x: number) => (i: Parameters<typeof readBroadcast>[1]) => {
      const element = readBroadcast(k.input(x), i)
      return k.has(x + 1) ? element.sub(only(k.input(x + 1))) : element
    }
    const [a, b] = [less(0), less(2)]
    return [stage(k.outputShape(0), 'int32', (...i) => a(i).mul(b(i)))]
  },
}
