import type { Node, Value } from '../../../src/ir/model.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import { reshapedTensor } from '../../../src/ir/tensor.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { intOf, intsOf, shapeOf, sizesOf, stringOf } from '../../../src/passes/kit/values.ts'
import { deriveTensor } from '../../../src/passes/kit/weights.ts'
import { widenWeights } from './conv.ts'
import { heldAsFloats, int32s, onNode, runtimeShape, transposed } from './kit.ts'
import { narrowAgain, padSpatial, widen } from './window.ts'

/** One group's weights I, O, H, W as the runtime has them: O, H, W, I, with zeros between the taps for dilations. */
function groupWeights(w: Tensor, group: number, groups: number, dilations: readonly number[]): Tensor {
  const [inputs, units, ...kernel] = w.shape as [number, number, ...number[]]
  const own = inputs / groups
  const extent = kernel.map((k, i) => (k - 1) * dilations[i]! + 1)
  const [high, wide] = extent as [number, number]
  const [rows, columns] = kernel as [number, number]
  return deriveTensor(w, [units, high, wide, own], [w], `transpose-conv-group-${group}-of-${groups}-dilated-${dilations.join('-')}`, ([from], out) => {
    for (let i = 0; i < own; i++) for (let o = 0; o < units; o++) for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++)
      out[((o * high + r * dilations[0]!) * wide + c * dilations[1]!) * own + i] = from![(((group * own + i) * units + o) * rows + r) * columns + c]!
  })
}

/** The same for weights that are made while the model runs. */
function madeGroupWeights(b: Builder, w: Value, group: number, groups: number, dilations: readonly number[]): Value {
  const [inputs, units, ...kernel] = sizesOf(w) as [number, number, ...number[]]
  const own = inputs / groups
  const part = groups === 1 ? w : b.op('tflite::SLICE', [w, int32s(b, [group * own, 0, 0, 0]), int32s(b, [own, units, ...kernel])])
  const taps = transposed(b, part, [1, 2, 3, 0])
  if (dilations.every(d => d === 1)) return taps
  // a row of zeros after each tap, all but the last of which belong in between
  const [high, wide] = kernel as [number, number]
  const [down, across] = dilations as [number, number]
  const apart = b.op('tflite::PAD', [b.op('tflite::RESHAPE', [taps, int32s(b, [units * high, 1, wide, own])]), int32s(b, [0, 0, 0, down - 1, 0, 0, 0, 0], [4, 2])])
  const beside = b.op('tflite::PAD', [b.op('tflite::RESHAPE', [apart, int32s(b, [units * high * down * wide, 1, 1, own])]), int32s(b, [0, 0, 0, 0, 0, across - 1, 0, 0], [4, 2])])
  const spread = b.op('tflite::RESHAPE', [beside, int32s(b, [units, high * down, wide * across, own])])
  return b.op('tflite::SLICE', [spread, int32s(b, [0, 0, 0, 0]), int32s(b, [units, (high - 1) * down + 1, (wide - 1) * across + 1, own])])
}

/**
 * TRANSPOSE_CONV, or CONV_3D_TRANSPOSE. SAME where that is what the pads come to, else VALID, of which a STRIDED_SLICE takes the pads off again
 * and to which a PAD adds rows that only `output_padding` makes.
 */
export const convTranspose = onNode('conv-transpose', 'lapidary::NhwcConvTranspose', (node, b, refuse) => {
  const [given, weight, bias] = node.inputs as [Value, Value, Value | undefined]
  const filter = heldAsFloats(b, weight)
  const [sizes, shape] = [sizesOf(filter), shapeOf(given)]
  if (sizes === undefined || shape === undefined) return refuse('the shapes are not known')
  const flat = sizes.length === 3
  const deep = sizes.length === 5
  if (sizes.length < 3 || sizes.length > 5) return refuse('it takes one to three spatial axes')
  const lead = flat ? [1] : []
  const list = (name: string, otherwise: number): number[] => [...lead.map(() => otherwise), ...(intsOf(node, name) ?? sizes.slice(2).map(() => otherwise))]
  const [strides, dilations, extra] = [list('strides', 1), list('dilations', 1), list('output_padding', 0)]
  const pads = padsOf(node, sizes.slice(2))
  if (pads === undefined) return refuse('pads that follow from an output shape which is not known')
  const before = [...lead.map(() => 0), ...pads.slice(0, pads.length / 2)]
  const after = [...lead.map(() => 0), ...pads.slice(pads.length / 2)]
  const group = intOf(node, 'group', 1)
  if (deep && (group !== 1 || dilations.some(d => d !== 1))) return refuse('CONV_3D_TRANSPOSE has no groups and no dilations')
  const wide = flat ? [sizes[0]!, sizes[1]!, 1, sizes[2]!] : sizes
  const extent = wide.slice(2).map((k, i) => (k - 1) * dilations[i]! + 1)
  const x = flat ? widen(b, given) : given
  const units = sizes[1]! * group
  // what is left over on each side once the pads are off; negative: rows that only output_padding makes
  const cut = after.map((p, i) => p - extra[i]!)
  const same = before.every((p, i) => extent[i]! >= strides[i]! && p === Math.floor((extent[i]! - strides[i]!) / 2) && (extent[i]! - strides[i]!) === p + cut[i]!)
  const add = same ? extent.map(() => 0) : extent.map((e, i) => e - strides[i]!)
  const attributes = { padding: same ? 'SAME' : 'VALID', ...Object.fromEntries(['d', 'h', 'w'].slice(-strides.length).map((axis, i) => [`stride_${axis}`, strides[i]!])) }
  const rows = cut.map(n => Math.max(0, -n))
  // weights may stay integers
  const plain = group === 1 && dilations.every(d => d === 1)
  const late = group !== 1 || rows.some(n => n > 0)
  const one = (data: Value, index: number, count: number): Value => {
    const made = outputShape(b, data, strides, add, count)
    if (deep) return b.op('tflite::CONV_3D_TRANSPOSE', [made, transposed(b, weight, [2, 3, 4, 1, 0]), data, ...(bias && !late ? [bias] : [])], attributes)
    const taps = plain ? transposed(b, flat ? widenWeights(b, weight) : weight, [1, 2, 3, 0])
      : filter.isConstant ? b.constant(groupWeights(reshapedTensor(filter.constant!, wide), index, group, dilations), filter.name)
      : madeGroupWeights(b, flat ? widenWeights(b, filter) : filter, index, group, dilations)
    return b.op('tflite::TRANSPOSE_CONV', [made, taps, data, ...(bias && !late ? [bias] : [])], attributes)
  }
  let y: Value
  if (group === 1) y = one(x, 0, units)
  else {
    const parts = b.ops('tflite::SPLIT', [int32s(b, [3], []), x], group, { num_splits: group })
    y = b.op('tflite::CONCATENATION', parts.map((p, i) => one(p, i, units / group)), { axis: 3 })
  }
  if (!same && [...before, ...cut].some(n => n !== 0)) {
    if (rows.some(n => n > 0)) y = padSpatial(b, y, rows.map(() => 0), rows)
    const ends = cut.map(n => (n > 0 ? -n : 0))
    if ([...before, ...ends].some(n => n !== 0)) {
      const around = 1 | (1 << (ends.length + 1))
      const open = ends.reduce((mask, n, i) => (n === 0 ? mask | (1 << (i + 1)) : mask), around)
      y = b.op('tflite::STRIDED_SLICE', [y, int32s(b, [0, ...before, 0]), int32s(b, [0, ...ends, 0]), int32s(b, [1, ...ends.map(() => 1), 1])], { begin_mask: around, end_mask: open })
    }
  }
  if (bias && late) y = b.op('tflite::ADD', [y, bias])
  return flat ? narrowAgain(b, y) : y
})

/** Pads as stated, or such that the output gets the shape it has (ONNX, ConvTranspose). */
function padsOf(node: Node, kernel: readonly number[]): readonly number[] | undefined {
  const mode = stringOf(node, 'auto_pad', 'NOTSET')
  if (!intsOf(node, 'output_shape') && (mode === 'NOTSET' || mode === 'VALID')) return (mode === 'NOTSET' ? intsOf(node, 'pads') : undefined) ?? kernel.flatMap(() => [0, 0])
  const [from, to] = [sizesOf(node.inputs[0]), sizesOf(node.outputs[0])]
  if (from === undefined || to === undefined) return undefined
  const each = (name: string, i: number, otherwise: number) => intsOf(node, name)?.[i] ?? otherwise
  const totals = kernel.map((k, i) => each('strides', i, 1) * (from[i + 1]! - 1) + each('output_padding', i, 0) + (k - 1) * each('dilations', i, 1) + 1 - to[i + 1]!)
  // an output larger than what the taps reach ends in rows of nothing
  const begins = totals.map(t => Math.max(0, mode === 'SAME_UPPER' ? Math.floor(t / 2) : Math.ceil(t / 2)))
  return [...begins, ...totals.map((t, i) => t - begins[i]!)]
}

/** The output's shape: a constant, or worked out while the model runs. */
function outputShape(b: Builder, x: Value, strides: readonly number[], add: readonly number[], units: number): Value {
  const shape = shapeOf(x)!
  if (shape.slice(0, -1).every(d => typeof d === 'number')) {
    return int32s(b, [shape[0] as number, ...strides.map((s, i) => s * (shape[i + 1] as number) + add[i]!), units])
  }
  const scaled = b.op('tflite::MUL', [runtimeShape(b, x), int32s(b, [1, ...strides, 0])])
  return b.op('tflite::ADD', [scaled, int32s(b, [0, ...add, units])])
}
