import type { Value } from '../../../src/ir/model.ts'
import { unknownShape } from '../../../src/ir/types.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import type { TfliteOperator } from '../operator.ts'
import { tfliteOperator, versionBy } from '../operator.ts'
import { optionsOf } from './attributes.ts'
import { floats } from './elementwise.ts'
import { autoPad, onChannelsFirst, paddingOf, stepsOf, windowCount } from './spatial.ts'

type Step = (b: Builder, value: Value) => Value
const asItIs: Step = (_, value) => value

/** A pooling of N, H, W, C; padding never counts. `before` and `after` work element by element. */
export const pool2d = (name: TfliteOperator['name'], onnx: string, { before = asItIs, after = asItIs }: { before?: Step; after?: Step } = {}): TfliteOperator =>
  tfliteOperator({
    name,
    options: 'Pool2DOptions',
    infer(ctx) {
      const x = ctx.shape(0)
      if (x === undefined) return ctx.output(0, ctx.dtype(0), unknownShape(4))
      if (x.length !== 4) ctx.fail('data has 4 axes')
      const kernel = [ctx.attributes.int('filter_height', 0), ctx.attributes.int('filter_width', 0)]
      const { strides } = stepsOf(ctx.attributes)
      if ([...kernel, ...strides].some(n => n < 1)) ctx.fail(`filter ${kernel.join()} with strides ${strides.join()}`)
      ctx.output(0, ctx.dtype(0), [x[0]!, ...strides.map((s, i) => windowCount(x[i + 1]!, kernel[i]!, s, 1, paddingOf(ctx.attributes))), x[3]!])
    },
    decompose(b, node) {
      const a = optionsOf(node)
      const kernel = [a.int('filter_height', 0), a.int('filter_width', 0)]
      return onChannelsFirst(b, node, onnx, before(b, node.inputs[0]!), [], { kernel_shape: kernel, strides: stepsOf(a).strides, auto_pad: autoPad(paddingOf(a)) }, 4, after)
    },
    version: versionBy({ int8: 2, int16: 3 }),
    takes: { dtypes: [floats] },
  })
