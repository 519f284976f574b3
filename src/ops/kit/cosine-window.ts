import type { Expr } from '../../expr/expr.ts'
import { constant, stage } from '../../expr/expr.ts'
import type { Value } from '../../ir/model.ts'
import { unknownDim } from '../../ir/dim.ts'
import type { Operator } from '../operator.ts'
import { dtypeOf, nodeAttributes } from './algebra.ts'
import { castTo } from './older.ts'
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
    decompose(b, node) {
      const attributes = nodeAttributes(node)
      const size = castTo(b, node.inputs[0], 'float32')
      const period = attributes.int('periodic', 1) !== 0 ? size : b.op('Sub', [size, b.scalar(1, 'float32')])
      const angle = b.op('Div', [b.op('Mul', [b.op('Range', [b.scalar(0, 'float32'), size, b.scalar(1, 'float32')]), b.scalar(2 * Math.PI, 'float32')]), period])
      const wave = (times: number, by: number): Value => b.op('Mul', [b.op('Cos', [times === 1 ? angle : b.op('Mul', [angle, b.scalar(times, 'float32')])]), b.scalar(by, 'float32')])
      const two = b.op('Sub', [b.scalar(a0, 'float32'), wave(1, a1)])
      return [castTo(b, a2 === 0 ? two : b.op('Add', [two, wave(2, a2)]), dtypeOf(node.outputs[0]) ?? 'float32')]
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
