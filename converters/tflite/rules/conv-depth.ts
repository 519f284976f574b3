import type { Value } from '../../../src/ir/model.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import { reshapedTensor } from '../../../src/ir/tensor.ts'
import { elementCount } from '../../../src/ir/types.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { writtenOut } from '../../../src/ops/kit/written-out.ts'
import { intOf, shapeOf, sizesOf } from '../../../src/passes/kit/values.ts'
import { deriveTensor, takeTensor } from '../../../src/passes/kit/weights.ts'
import { heldAsFloats, int32s, onNode, reshapeTo } from './kit.ts'
import type { Windows } from './window.ts'
import { paddingName, padSpatial, statedWindows, windowsOf } from './window.ts'

/** Weights O, I, D, H, W at one place of D. */
function tapOf(b: Builder, w: Value, tap: number): Value {
  const sizes = sizesOf(w)!
  const flat = sizes.filter((_, i) => i !== 2)
  if (w.isConstant) return b.constant(reshapedTensor(takeTensor(w.constant!, 2, [tap]), flat), w.name)
  const cut = sizes[2] === 1 ? w : b.op('tflite::SLICE', [w, int32s(b, [0, 0, tap, 0, 0]), int32s(b, sizes.map((n, i) => (i === 2 ? 1 : n)))])
  return b.op('tflite::RESHAPE', [cut, int32s(b, flat)])
}

/** The same taps with zeros in between in place of dilations. */
function spread(w: Tensor, dilations: readonly number[]): Tensor {
  const [units, own, ...kernel] = w.shape as [number, number, ...number[]]
  const extent = kernel.map((k, i) => (k - 1) * dilations[i]! + 1) as [number, number, number]
  const [deep, high, wide] = kernel as [number, number, number]
  const shape = [units, own, ...extent]
  writtenOut(elementCount(shape))
  return deriveTensor(w, shape, [w], `spread-by-${dilations.join('-')}`, ([from], out) => {
    for (let o = 0, at = 0; o < units * own; o++) for (let d = 0; d < deep; d++) for (let h = 0; h < high; h++) for (let k = 0; k < wide; k++, at++)
      out[((o * extent[0] + d * dilations[0]!) * extent[1] + h * dilations[1]!) * extent[2] + k * dilations[2]!] = from![at]!
  })
}

/**
 * A convolution over three axes with dilations or groups: for each tap along the first a convolution over the other two, of all slices at once, and
 * their sum; where sizes are open, zeros between the taps. CONV_3D has no groups, and with dilations TensorFlow 2.21 and @litertjs/core read beyond its buffers.
 */
export const convDepth = onNode('conv-depth', 'lapidary::NhwcConv', (node, b, refuse) => {
  const [x, weights, bias] = node.inputs as [Value, Value, Value | undefined]
  const [kernel, shape, made] = [sizesOf(weights), shapeOf(x), shapeOf(node.outputs[0])]
  if (kernel?.length !== 5 || shape === undefined || made === undefined) return refuse('it takes three spatial axes')
  const windows = windowsOf(node, kernel.slice(2))
  if (typeof windows === 'string') return refuse(windows)
  const group = intOf(node, 'group', 1)
  if (group === 1 && windows.dilations.every(d => d === 1)) return refuse('CONV_3D is one operator')
  const [spatial, counts] = [shape.slice(1), made.slice(1)]
  const w = statedWindows(windows, spatial)
  const held = heldAsFloats(b, weights)
  if (w === undefined || ![...spatial, ...counts].every(n => typeof n === 'number' && n > 0)) {
    if (!held.isConstant || windows.dilations.every(d => d === 1)) return refuse('the sizes are not known')
    const taps = b.constant(spread(held.constant!, windows.dilations), held.name)
    return b.op('lapidary::NhwcConv', [x, taps, bias], { ...node.attributes, dilations: [1, 1, 1], kernel_shape: sizesOf(taps)!.slice(2) })
  }
  const [, deep, high, wide, channels] = shape as number[]
  const depth = counts[0] as number
  const across: Windows = { kernel: w.kernel.slice(1), strides: w.strides.slice(1), dilations: w.dilations.slice(1), before: w.before.slice(1), after: w.after.slice(1) }
  // what no padding of the runtime's comes to is padded once
  const named = paddingName(across, [high, wide]) !== undefined
  const padded = named ? [0, 0, 0, 0] : [...across.before, ...across.after]
  const [before, after] = [[w.before[0]!, ...padded.slice(0, 2)], [w.after[0]!, ...padded.slice(2)]]
  const data = [...before, ...after].some(n => n > 0) ? padSpatial(b, x, before, after) : x
  const [height, width] = [high! + before[1]! + after[1]!, wide! + before[2]! + after[2]!]
  const [step, apart, taps] = [w.strides[0]!, w.dilations[0]!, kernel[2]!]
  const batch = typeof shape[0] === 'number' ? shape[0] * depth : shape[0]!
  let sum: Value | undefined
  for (let tap = 0; tap < taps; tap++) {
    const from = tap * apart
    const ends = int32s(b, [0, from + (depth - 1) * step + 1, 0, 0, 0])
    const slices = step === 1 && depth === deep! + before[0]! + after[0]! ? data : b.op('tflite::STRIDED_SLICE', [data, int32s(b, [0, from, 0, 0, 0]), ends, int32s(b, [1, step, 1, 1, 1])], { begin_mask: 0b11101, end_mask: 0b11101 })
    const flat = reshapeTo(b, slices, [batch, height, width, channels!])!
    const part = b.op('lapidary::NhwcConv', [flat, tapOf(b, held, tap), tap === 0 ? bias : undefined], {
      group, strides: across.strides, dilations: across.dilations, pads: named ? [...across.before, ...across.after] : [0, 0, 0, 0],
    })
    sum = sum === undefined ? part : b.op('tflite::ADD', [sum, part])
  }
  return reshapeTo(b, sum!, made) ?? refuse('the sizes are not known')
})
