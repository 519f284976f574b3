import { unknownShape } from '../../../src/ir/types.ts'
import { numbersOf } from '../../../src/passes/kit/values.ts'
import { optionsOf } from '../kit/attributes.ts'
import type { Join } from '../kit/join.ts'
import { reduceWindows, windowCounts } from '../kit/window-reduce.ts'
import type { Windows } from '../kit/window-reduce.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

const joins: Readonly<Record<string, Exclude<Join, 'put'>>> = { ADD: 'add', MUL: 'mul', MINIMUM: 'min', MAXIMUM: 'max', ALL: 'and', ANY: 'or' }

const windowsOf = ([sizes, strides, dilations]: readonly (readonly number[] | undefined)[]): Windows | undefined => {
  if (!sizes || !strides || !dilations) return undefined
  const none = sizes.map(() => 0)
  return { sizes, strides, dilations, apart: sizes.map(() => 1), low: none, high: none }
}

/** Data, a start, and the windows' sizes, strides and dilations (int64), joined as the options say. */
export const REDUCE_WINDOW: TfliteOperator = tfliteOperator({
  name: 'REDUCE_WINDOW',
  host: [2, 3, 4],
  options: 'ReduceWindowOptions',
  infer(ctx) {
    const [shape, windows] = [ctx.shape(0), windowsOf([2, 3, 4].map(i => ctx.constant(i)))]
    const counts = shape && windows && windowCounts(shape, windows)
    if (shape && windows && !counts) ctx.fail(`windows that do not fit [${shape.join()}]`)
    ctx.output(0, ctx.dtype(0), counts ?? (shape && unknownShape(shape.length)))
  },
  decompose(b, node) {
    const [x, start] = node.inputs
    const windows = windowsOf([2, 3, 4].map(i => numbersOf(node.inputs[i])))
    const join = joins[optionsOf(node).string('reduce_function', 'UNSUPPORTED')]
    const result = x && start && windows && join && reduceWindows(b, x, start, join, windows)
    return result && [result]
  },
  takes: { dtypes: [['float32', 'float64', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool'], ['float32', 'float64', 'int64', 'int32', 'int16', 'int8', 'uint8', 'bool'], ['int64']], maxRank: 6 },
})
