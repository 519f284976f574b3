import { floats } from '../ir/attribute.ts'
import { float32Tensor } from '../ir/tensor.ts'
import { constantInput } from './kit/versions.ts'
import { scaledSize } from './kit/resize.ts'
import type { Operator } from './operator.ts'

/** What Resize was before opset 10. */
export const Upsample: Operator = {
  name: 'Upsample',
  infer(ctx) {
    const [shape, scales] = [ctx.shape(0), ctx.constant(1)]
    if (shape && scales && shape.length !== scales.length) ctx.fail(`${scales.length} scales of rank ${shape.length}`)
    ctx.output(0, ctx.dtype(0), shape && scales ? shape.map((d, i) => scaledSize(d, scales[i]!)) : undefined)
  },
  decompose: (b, node) => [
    b.op('Resize', [node.inputs[0], undefined, node.inputs[1]], {
      mode: node.attributes['mode'],
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    }),
  ],
  upgrade: {
    7(step) {
      const [height, width] = [step.attributes.float('height_scale') ?? step.refuse('no height_scale'), step.attributes.float('width_scale') ?? step.refuse('no width_scale')]
      step.setAttribute('scales', floats([1, 1, height, width]))
      step.setAttribute('height_scale', undefined)
      step.setAttribute('width_scale', undefined)
      if (step.attributes.string('mode', 'nearest') === 'bilinear') step.setAttribute('mode', { type: 'string', value: 'linear' })
    },
    9(step) {
      step.node.setInput(1, step.b.constant(float32Tensor(step.attributes.floats('scales') ?? step.refuse('no scales'))))
      step.setAttribute('scales', undefined)
      if (step.attributes.string('mode', 'nearest') === 'bilinear') step.setAttribute('mode', { type: 'string', value: 'linear' })
    },
    10(step) {
      step.node.op = 'Resize'
    },
  },
  downgrade: {
    9(step) {
      step.setAttribute('scales', floats(constantInput(step, 1) ?? step.refuse('scales must be constant there')))
      step.node.setInputs([step.node.inputs[0]])
    },
  },
}
