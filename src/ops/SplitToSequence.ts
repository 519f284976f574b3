import { peekNumbers, reshapedTensor } from '../ir/tensor.ts'
import type { Dim } from '../ir/dim.ts'
import { unknownDim } from '../ir/dim.ts'
import { axisOf, replaceAt } from './kit/axes.ts'
import { takeAlong } from './kit/host.ts'
import type { Operator } from './operator.ts'

/**
 * Whether the parts lose the axis. Of `split` ONNX says that keepdims is of no matter beside it; PyTorch's exporter of `unbind` counts on what onnxruntime does, where
 * a single 1 is the same as none.
 */
export const dropsAxis = (keepdims: number, split: readonly number[] | undefined, rank: number | undefined): boolean => keepdims === 0 && (split === undefined || (rank === 0 && split[0] === 1))

export const SplitToSequence: Operator = {
  name: 'SplitToSequence',
  infer(ctx) {
    const [dtype, shape] = [ctx.dtype(0), ctx.shape(0)]
    if (dtype === undefined) return
    let of: readonly Dim[] | undefined
    if (shape) {
      const axis = axisOf(ctx, ctx.attributes.int('axis', 0), shape.length)
      const whole = ctx.has(1) ? ctx.constant(1) : [1]
      const size = whole?.every(n => n === whole[0]) && ctx.shape(1)?.length !== 0 ? whole[0] : undefined
      const keeps = ctx.attributes.int('keepdims', 1)
      const drops = ctx.has(1) ? whole !== undefined && dropsAxis(keeps, whole, ctx.shape(1)?.length) : dropsAxis(keeps, undefined, undefined)
      const open = keeps === 0 && whole === undefined && ctx.shape(1)?.length === 0
      of = open ? undefined : drops ? shape.filter((_, d) => d !== axis) : replaceAt(shape, axis, size ?? unknownDim())
    }
    ctx.outputType(0, { kind: 'sequence', of: { kind: 'tensor', dtype, shape: of } })
  },
  evaluate(ctx) {
    const x = ctx.tensor(0)
    const axis = axisOf(ctx, ctx.attributes.int('axis', 0), x.shape.length)
    const size = x.shape[axis]!
    const given = ctx.inputs[1] === undefined ? undefined : ctx.tensor(1)
    const numbers = given && (peekNumbers(given) ?? ctx.fail('split has no integers'))
    const each = given === undefined ? 1 : given.shape.length === 0 ? numbers![0]! : undefined
    if (each !== undefined && each < 1) ctx.fail(`parts of ${each}`)
    const sizes = each === undefined ? numbers! : Array.from({ length: Math.ceil(size / each) }, (_, i) => Math.min(each, size - i * each))
    if (sizes.some(n => n < 0) || sizes.reduce((a, b) => a + b, 0) !== size) ctx.fail(`parts [${sizes.join()}] of an axis of size ${size}`)
    let start = 0
    const parts = sizes.map(n => {
      const from = start
      start += n
      return takeAlong(x, axis, Array.from({ length: n }, (_, i) => from + i))
    })
    const drops = dropsAxis(ctx.attributes.int('keepdims', 1), numbers, given?.shape.length)
    return [drops ? parts.map(t => reshapedTensor(t, t.shape.filter((_, d) => d !== axis))) : parts]
  },
}
