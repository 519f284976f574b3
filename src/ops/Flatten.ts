import { mulDims } from '../ir/dim.ts'
import { unknownShape } from '../ir/types.ts'
import { shapeOf } from './kit/algebra.ts'
import { computeReshape } from './kit/reshape.ts'
import type { Operator } from './operator.ts'

export const Flatten: Operator = {
  name: 'Flatten',
  moves: true,
  infer(ctx) {
    const shape = ctx.shape(0)
    if (shape === undefined) return ctx.output(0, ctx.dtype(0), unknownShape(2))
    const axis = ctx.attributes.int('axis', 1)
    if (axis < -shape.length || axis > shape.length) ctx.fail(`axis ${axis} of rank ${shape.length}`)
    const at = axis < 0 ? axis + shape.length : axis
    ctx.output(0, ctx.dtype(0), [mulDims(...shape.slice(0, at)), mulDims(...shape.slice(at))])
  },
  compute: computeReshape,
  decompose(b, node) {
    const type = node.inputs[0]?.type
    if (type?.kind !== 'tensor' || type.shape === undefined) return undefined
    const axis = Number(node.attributes['axis']?.value ?? 1)
    const at = axis < 0 ? axis + type.shape.length : axis
    const [first, second] = [type.shape.slice(0, at), type.shape.slice(at)].map(part => mulDims(...part))
    if (typeof second === 'number' && second > 0) return [b.op('Reshape', [node.inputs[0], b.ints([-1, second])])]
    if (typeof first === 'number' && first > 0) return [b.op('Reshape', [node.inputs[0], b.ints([first, -1])])]
    if (at === 1) return [b.op('Reshape', [node.inputs[0], b.ints([0, -1])])]
    return undefined
  },
  downgrade: {
    11(step) {
      const axis = step.attributes.int('axis', 1)
      if (axis >= 0) return
      const rank = shapeOf(step.node.inputs[0])?.length ?? step.refuse('its axis counts from the end of an unknown rank')
      step.setAttribute('axis', { type: 'int', value: axis + rank })
    },
  },
}
