import type { Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { intOf, shapeOf, sizesOf } from '../../../src/passes/kit/values.ts'
import { filled, int32s, isHeld, onNode, reshapedConstant, transposed } from './kit.ts'
import type { Windows } from './window.ts'
import { narrowAgain, padSpatial, paddingName, widen, widened, windowsOf } from './window.ts'

/** Weights with an axis of size 1 put in at 2: those of one spatial axis become those of two. */
export const widenWeights = (b: Builder, w: Value): Value => {
  const shape = sizesOf(w)!
  const wide = [...shape.slice(0, 2), 1, ...shape.slice(2)]
  return isHeld(w) ? reshapedConstant(b, w, wide, axis => (axis < 2 ? axis : axis + 1)) : b.op('tflite::RESHAPE', [w, int32s(b, wide)])
}

const steps = (w: Windows): Record<string, number> => {
  const axes = ['d', 'h', 'w'].slice(-w.kernel.length)
  const out: Record<string, number> = {}
  for (const [i, axis] of axes.entries()) {
    out[`stride_${axis}`] = w.strides[i]!
    if (w.dilations[i] !== 1) out[`dilation_${axis}_factor`] = w.dilations[i]!
  }
  return out
}

/** CONV_2D, DEPTHWISE_CONV_2D where each channel is its own group, CONV_3D; pads that are neither SAME nor VALID by a PAD before. */
export const conv = onNode('conv', 'lapidary::NhwcConv', (node, b, refuse) => {
  const [x, weights, given] = node.inputs as [Value, Value, Value | undefined]
  const kernel = sizesOf(weights)
  const shape = shapeOf(x)
  if (kernel === undefined || shape === undefined) return refuse('the shapes are not known')
  const group = intOf(node, 'group', 1)
  const windows = windowsOf(node, kernel.slice(2))
  if (typeof windows === 'string') return refuse(windows)
  const rank = kernel.length - 2
  if (rank < 1 || rank > 3) return refuse(`no convolution has ${rank} spatial axes`)
  if (rank === 3 && group !== 1) return refuse('CONV_3D has no groups')
  let w = windows
  const padding = paddingName(w, shape.slice(1, -1))
  let data = padding === undefined ? padSpatial(b, x, w.before, w.after) : x
  let filter = weights
  if (rank === 1) {
    data = widen(b, data)
    w = widened(w)
    filter = widenWeights(b, weights)
  }
  const [units, own] = [kernel[0]!, kernel[1]!]
  const bias = given ?? filled(b, [units], 0)
  const attributes = { padding: padding ?? 'VALID', ...steps(w) }
  const channels = own * group
  let y: Value
  if (rank === 3) y = b.op('tflite::CONV_3D', [data, transposed(b, filter, [2, 3, 4, 1, 0]), bias], attributes)
  else if (group > 1 && group === channels) {
    y = b.op('tflite::DEPTHWISE_CONV_2D', [data, transposed(b, filter, [1, 2, 3, 0]), bias], { ...attributes, depth_multiplier: units / channels })
  } else y = b.op('tflite::CONV_2D', [data, transposed(b, filter, [0, 2, 3, 1]), bias], attributes)
  return rank === 1 ? narrowAgain(b, y) : y
})
