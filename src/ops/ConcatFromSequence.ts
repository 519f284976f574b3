import { unknownDim } from '../ir/dim.ts'
import type { Tensor } from '../ir/tensor.ts'
import { reshapedTensor } from '../ir/tensor.ts'
import { axisOf, replaceAt } from './kit/axes.ts'
import { joinAlong, sequenceAt } from './kit/host.ts'
import { anew } from './kit/merge.ts'
import type { Operator } from './operator.ts'

export const ConcatFromSequence: Operator = {
  name: 'ConcatFromSequence',
  infer(ctx) {
    const type = ctx.type(0)
    const item = type?.kind === 'sequence' ? anew(type.of) : undefined
    if (item?.kind !== 'tensor') return
    const { dtype, shape } = item
    if (shape === undefined) return ctx.output(0, dtype, undefined)
    const made = ctx.attributes.int('new_axis', 0) === 1
    const axis = axisOf(ctx, ctx.attributes.int('axis', 0), shape.length + Number(made))
    ctx.output(0, dtype, made ? [...shape.slice(0, axis), unknownDim(), ...shape.slice(axis)] : replaceAt(shape, axis, unknownDim()))
  },
  evaluate(ctx) {
    const all = sequenceAt(ctx, 0) as readonly Tensor[]
    if (all.length === 0) ctx.fail('an empty sequence has nothing to join')
    const made = ctx.attributes.int('new_axis', 0) === 1
    const axis = axisOf(ctx, ctx.attributes.int('axis', 0), all[0]!.shape.length + Number(made))
    const parts = made ? all.map(t => reshapedTensor(t, [...t.shape.slice(0, axis), 1, ...t.shape.slice(axis)])) : all
    for (const t of parts) {
      if (t.shape.length !== parts[0]!.shape.length || t.shape.some((n, d) => d !== axis && n !== parts[0]!.shape[d])) ctx.fail(`[${t.shape.join()}] beside [${parts[0]!.shape.join()}]`)
    }
    return [joinAlong(parts, axis)]
  },
}
