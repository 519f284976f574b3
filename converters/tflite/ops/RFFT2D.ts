import { addDims, floorDivDims, unknownDim } from '../../../src/ir/dim.ts'
import { numbersOf } from '../../../src/passes/kit/values.ts'
import { complexOf, spectrumOf } from '../kit/complex.ts'
import { floats } from '../kit/elementwise.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

const isPower = (n: number): boolean => n > 0 && Number.isInteger(Math.log2(n))

/** The transform of the last two axes at these lengths (int32); of the last one, the half that tells all. Complex. */
export const RFFT2D: TfliteOperator = tfliteOperator({
  name: 'RFFT2D',
  host: [1],
  options: 'Rfft2dOptions',
  infer(ctx) {
    const [shape, lengths] = [ctx.shape(0), ctx.shapeValue(1)]
    if (shape && shape.length < 2) ctx.fail(`data of rank ${shape.length}`)
    if (lengths?.some(n => typeof n === 'number' && n < 1)) ctx.fail(`lengths ${lengths.join()}`)
    const last = lengths?.[1]
    ctx.output(0, 'complex64', shape && [...shape.slice(0, -2), lengths?.[0] ?? unknownDim(), last === undefined ? unknownDim() : addDims(floorDivDims(last, 2), 1)])
  },
  decompose(b, node) {
    const parts = spectrumOf(b, node)
    const result = parts && complexOf(b, parts)
    return result && [result]
  },
  takes: {
    dtypes: [floats, ['int32']],
    refuses: node => (numbersOf(node.inputs[1])?.every(isPower) === false ? 'RFFT2D takes lengths that are powers of two' : undefined),
  },
})
