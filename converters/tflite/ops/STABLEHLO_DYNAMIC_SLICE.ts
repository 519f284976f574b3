import type { Value } from '../../../src/ir/model.ts'
import { sizesOf } from '../../../src/passes/kit/values.ts'
import { optionsOf } from '../kit/attributes.ts'
import { noKernel } from '../kit/hlo.ts'
import { toInt64 } from '../kit/reduce.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator } from '../operator.ts'

/** Data and where a part of it begins, one index for each axis; moved so that all of it lies within. */
export const STABLEHLO_DYNAMIC_SLICE: TfliteOperator = tfliteOperator({
  name: 'STABLEHLO_DYNAMIC_SLICE',
  options: 'StablehloDynamicSliceOptions',
  infer(ctx) {
    const [shape, sizes] = [ctx.shape(0), ctx.attributes.ints('slice_sizes') ?? []]
    if (shape && (sizes.length !== shape.length || ctx.inputCount !== shape.length + 1 || sizes.some((n, i) => n < 0 || (typeof shape[i] === 'number' && n > shape[i])))) {
      ctx.fail(`${sizes.join()} of [${shape.join()}] with ${ctx.inputCount - 1} indices`)
    }
    ctx.output(0, ctx.dtype(0), sizes)
  },
  decompose(b, node) {
    const [whole, sizes] = [sizesOf(node.inputs[0]), optionsOf(node).ints('slice_sizes') ?? []]
    if (whole === undefined || whole.length !== sizes.length || node.inputs.length !== sizes.length + 1) return undefined
    const part = sizes.reduce((x: Value, size, axis) => {
      if (size === whole[axis]) return x
      const from = b.op('Clip', [toInt64(b, node.inputs[axis + 1]!), b.int(0), b.int(whole[axis]! - size)])
      return b.op('Gather', [x, b.op('Add', [b.op('Range', [b.int(0), b.int(size), b.int(1)]), from])], { axis })
    }, node.inputs[0]!)
    return [part === node.inputs[0] ? b.op('Identity', [part]) : part]
  },
  takes: noKernel,
})
