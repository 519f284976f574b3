import { ints } from '../ir/attribute.ts'
import type { Dim } from '../ir/dim.ts'
import { mulDims, unknownDim } from '../ir/dim.ts'
import type { InferContext, Operator } from './operator.ts'
import { computeReshape } from './kit/reshape.ts'
import { quotientOf } from './kit/sizes.ts'
import { trimInputs } from './kit/steps.ts'
import { constantInput, dropUsual } from './kit/versions.ts'
import { unknownShape } from '../ir/types.ts'

export const Reshape: Operator = {
  name: 'Reshape',
  moves: true,
  host: [1],
  infer(ctx) {
    const target = ctx.shapeValue(1)
    const elements = ctx.shapeValue(0)
    if (target === undefined) {
      const rank = ctx.shape(1)?.[0]
      return ctx.output(0, ctx.dtype(0), typeof rank === 'number' ? unknownShape(rank) : undefined)
    }
    ctx.output(0, ctx.dtype(0), reshaped(ctx, target), target.length <= 1 ? elements : undefined)
  },
  compute: computeReshape,
  upgrade: {
    5(step) {
      step.node.setInputs([step.node.inputs[0], step.b.ints(step.attributes.ints('shape') ?? step.refuse('no shape'))])
      step.setAttribute('shape', undefined)
      step.setAttribute('consumed_inputs', undefined)
    },
  },
  downgrade: {
    14(step) {
      const zeros = (): boolean | undefined => step.node.inputs[1]?.elements?.includes(0) ?? constantInput(step, 1)?.includes(0)
      if (step.attributes.int('allowzero', 0) === 1 && !zeros()) step.setAttribute('allowzero', undefined)
      dropUsual('allowzero', 0)(step)
    },
    5(step) {
      step.setAttribute('shape', ints(constantInput(step, 1)!))
      step.node.setInput(1, undefined)
      trimInputs(step)
    },
  },
}

function reshaped(ctx: InferContext, target: readonly Dim[]): readonly Dim[] {
  const from = ctx.shape(0)
  const keepsZero = ctx.attributes.int('allowzero', 0) === 1
  const sizes = target.map((d, i) => {
    if (d !== 0 || keepsZero) return d
    if (from !== undefined && i >= from.length) ctx.fail(`shape [${target.join()}] copies axis ${i} of [${from.join()}]`)
    return from?.[i] ?? unknownDim()
  })
  const open = sizes.indexOf(-1)
  if (sizes.some((d, i) => typeof d === 'number' && d < 0 && i !== open)) ctx.fail(`shape [${target.join()}] is not one`)
  if (open >= 0) {
    const rest = sizes.filter((_, i) => i !== open)
    const size = from === undefined || rest.includes(0) ? unknownDim() : quotientOf(from, rest)
    if (size === undefined) ctx.fail(`[${from!.join()}] can't be [${target.join()}]`)
    return sizes.map((d, i) => (i === open ? size! : d))
  }
  if (from !== undefined) {
    const [a, b] = [mulDims(...from), mulDims(...sizes)]
    if (typeof a === 'number' && typeof b === 'number' && a !== b) ctx.fail(`[${from.join()}] can't be [${sizes.join()}]`)
  }
  return sizes
}
