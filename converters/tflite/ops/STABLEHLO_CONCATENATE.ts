import type { Dim } from '../../../src/ir/dim.ts'
import { addDims } from '../../../src/ir/dim.ts'
import { optionsOf } from '../kit/attributes.ts'
import { noKernel } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

export const STABLEHLO_CONCATENATE: TfliteOperator = tfliteOperator({
  name: 'STABLEHLO_CONCATENATE',
  options: 'StablehloConcatenateOptions',
  infer(ctx) {
    const axis = ctx.attributes.int('dimension', 0)
    const shapes = Array.from({ length: ctx.inputCount }, (_, i) => ctx.shape(i))
    const sizes = shapes.map(s => s?.[axis])
    const along: Dim | undefined = sizes.every(d => d !== undefined) ? addDims(...sizes) : undefined
    ctx.output(0, ctx.dtype(0), along === undefined ? undefined : shapes[0]?.map((d, i) => (i === axis ? along : d)))
  },
  decompose: (b, node) => [b.op('Concat', node.inputs, { axis: optionsOf(node).int('dimension', 0) })],
  takes: noKernel,
})
