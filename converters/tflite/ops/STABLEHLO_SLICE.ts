import { optionsOf } from '../kit/attributes.ts'
import { noKernel } from '../kit/hlo.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

export const STABLEHLO_SLICE: TfliteOperator = tfliteOperator({
  name: 'STABLEHLO_SLICE',
  options: 'StablehloSliceOptions',
  infer(ctx) {
    const [starts, ends, steps] = ['start_indices', 'limit_indices', 'strides'].map(n => ctx.attributes.ints(n) ?? []) as [readonly number[], readonly number[], readonly number[]]
    const shape = ctx.shape(0)
    const wrong = starts.length !== ends.length || starts.length !== steps.length || starts.some((s, i) => s < 0 || ends[i]! < s || steps[i]! < 1)
    if (wrong || (shape && (shape.length !== starts.length || shape.some((d, i) => typeof d === 'number' && ends[i]! > d)))) ctx.fail(`[${starts.join()}] to [${ends.join()}] by [${steps.join()}] of [${shape?.join()}]`)
    ctx.output(0, ctx.dtype(0), starts.map((s, i) => Math.ceil((ends[i]! - s) / steps[i]!)))
  },
  decompose(b, node) {
    const [starts, ends, steps] = ['start_indices', 'limit_indices', 'strides'].map(n => optionsOf(node).ints(n) ?? []) as [readonly number[], readonly number[], readonly number[]]
    return [b.op('Slice', [node.inputs[0], b.ints(starts), b.ints(ends), b.ints([...starts.keys()]), b.ints(steps)])]
  },
  takes: noKernel,
})
