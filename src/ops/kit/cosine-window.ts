import type { Expr } from '../../expr/expr.ts'
import { constant, stage } from '../../expr/expr.ts'
import { unknownDim } from '../../ir/dim.ts'
import type { Operator } from '../operator.ts'
import { dtypeOfNumber } from './datatype.ts'

/** A window a0 - a1 cos(2 pi i / N) + a2 cos(4 pi i / N), where N is its size when periodic, else one less. */
export function cosineWindow(name: string, [a0, a1, a2]: readonly [number, number, number]): Operator {
  return {
    name,
    host: [0],
    infer(ctx) {
      const number = ctx.attributes.int('output_datatype', 1)
      const size = ctx.shapeValue(0)?.[0]
      if (typeof size === 'number' && size < 0) ctx.fail(`a window of ${size}`)
      ctx.output(0, dtypeOfNumber(number) ?? ctx.fail(`output_datatype ${number}`), [size ?? unknownDim()])
    },
    compute(k) {
      const [size] = k.outputShape(0) as [number]
      const period = size - (k.attributes.int('periodic', 1) !== 0 ? 0 : 1)
      const wave = (i: Expr, times: number): Expr => i.to('double').mul(2 * Math.PI * times).div(period).apply('cos')
      return [
        stage([size], k.outputDType(0), i => {
          const two = constant(a0, 'double').sub(wave(i!, 1).mul(a1))
          return a2 === 0 ? two : two.add(wave(i!, 2).mul(a2))
        }),
      ]
    },
  }
}
