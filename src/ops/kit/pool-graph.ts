import type { Node, Value } from '../../ir/model.ts'
import { bytesOf, float32Tensor, int64Tensor, peekNumbers } from '../../ir/tensor.ts'
import { elementCount, staticShape } from '../../ir/types.ts'
import type { Builder } from '../builder.ts'
import { computeInvalid } from '../diagnostics.ts'
import { dtypeOf, nodeAttributes, shapeOf } from './algebra.ts'
import { leastOf } from './pool.ts'
import type { Window } from './window.ts'
import { placesInside, windowOf } from './window.ts'
import { writtenOut } from './written-out.ts'

/** Windows of more elements than this are not taken apart. */
const mostTaps = 64

/** A pooling node's windows as one value for each element of a window, in the order in which windows are read. */
export interface Taps {
  readonly window: Window
  readonly image: readonly number[]
  readonly shape: readonly number[]
  /** Where in the window each stands. */
  readonly at: readonly (readonly number[])[]
  readonly values: readonly Value[]
}

/** Slices of `x`, surrounded by `fill`; undefined where sizes are not known or windows too large. */
export function tapsOf(b: Builder, node: Node, x: Value | undefined, fill: number): Taps | undefined {
  const [given, shape, dtype] = [staticShape(shapeOf(x)), staticShape(shapeOf(node.outputs[0])), dtypeOf(x)]
  const attributes = nodeAttributes(node)
  const kernel = attributes.ints('kernel_shape')
  if (!given || !shape || !kernel || dtype === undefined || elementCount(kernel) > mostTaps) return undefined
  const fail = (message: string): never => {
    throw computeInvalid(node, message)
  }
  const [image, counts] = [given.slice(2), shape.slice(2)]
  const window = windowOf({ attributes, fail }, image, kernel, counts)
  const { strides, dilations, before } = window
  const after = image.map((size, a) => Math.max(0, (counts[a]! - 1) * strides[a]! + (kernel[a]! - 1) * dilations[a]! + 1 - size - before[a]!))
  const padded = [...before, ...after].some(n => n > 0) ? b.op('Pad', [x, b.ints([0, 0, ...before, 0, 0, ...after]), b.scalar(fill, dtype)]) : x
  const axes = b.ints(image.map((_, a) => a + 2))
  const at = kernel.reduce<number[][]>((all, n) => all.flatMap(t => Array.from({ length: n }, (_, i) => [...t, i])), [[]])
  const values = at.map(t => {
    const start = t.map((v, a) => v * dilations[a]!)
    return b.op('Slice', [padded, b.ints(start), b.ints(start.map((s, a) => s + (counts[a]! - 1) * strides[a]! + 1)), axes, b.ints(strides)])
  })
  return { window, image, shape, at, values }
}

/** MaxPool in slices and their greatest; where it gives indices, by the first slice that is. */
export function greatestOfTaps(b: Builder, node: Node): readonly (Value | undefined)[] | undefined {
  const [x] = node.inputs
  const dtype = dtypeOf(x)
  const taps = dtype && tapsOf(b, node, x, leastOf(dtype))
  if (!taps) return undefined
  const most = taps.values.length === 1 ? b.op('Identity', [taps.values[0]]) : b.op('Max', taps.values)
  return node.outputs[1] ? [most, indicesOfTaps(b, node, taps)] : [most]
}

function indicesOfTaps(b: Builder, node: Node, { window, image, shape, at, values }: Taps): Value {
  const columns = nodeAttributes(node).int('storage_order', 0) === 1
  const strides = image.map((_, a) => elementCount(columns ? image.slice(0, a) : image.slice(a + 1)))
  const first = b.op('ArgMax', [b.op('Concat', values.map(v => b.op('Unsqueeze', [v, b.ints([0])])), { axis: 0 })], { axis: 0, keepdims: 0 })
  const offsets = int64Tensor(at.map(t => t.reduce((sum, v, a) => sum + v * window.dilations[a]! * strides[a]!, 0)))
  const [counts, plane] = [shape.slice(2), elementCount(image)]
  const inner = elementCount(counts)
  const starts = Array.from({ length: writtenOut(elementCount(shape)) }, (_, n) => {
    let rest = n % inner
    let place = Math.floor(n / inner) * plane
    for (let a = counts.length - 1; a >= 0; a--) {
      place += ((rest % counts[a]!) * window.strides[a]! - window.before[a]!) * strides[a]!
      rest = Math.floor(rest / counts[a]!)
    }
    return place
  })
  return b.op('Add', [b.op('Gather', [b.constant(offsets), first]), b.constant(int64Tensor(starts, shape))])
}

/** AveragePool of float32 in slices, their sum, and how many of each window count. */
export function meanOfTaps(b: Builder, node: Node): readonly Value[] | undefined {
  const taps = dtypeOf(node.inputs[0]) === 'float32' ? tapsOf(b, node, node.inputs[0], 0) : undefined
  if (!taps) return undefined
  const counts = placesInside(taps.window, taps.image, taps.shape.slice(2), nodeAttributes(node).int('count_include_pad', 0) === 1)
  const all = counts.reduce<number[]>((product, axis) => product.flatMap(p => axis.map(n => p * n)), [1])
  return [b.op('Div', [b.op('Sum', taps.values), b.constant(float32Tensor(Float32Array.from(all), [1, 1, ...taps.shape.slice(2)]))])]
}

/** LpPool of float32: the root of the sum of powers. */
export function normOfTaps(b: Builder, node: Node): readonly Value[] | undefined {
  const [x] = node.inputs
  if (dtypeOf(x) !== 'float32') return undefined
  const p = nodeAttributes(node).int('p', 2)
  const size = b.op('Abs', [x])
  const powers = p === 1 ? size : p === 2 ? b.op('Mul', [x, x]) : b.op('Pow', [size, b.scalar(p, 'float32')])
  const taps = tapsOf(b, node, powers, 0)
  if (!taps) return undefined
  const sum = b.op('Sum', taps.values)
  return [p === 1 ? sum : p === 2 ? b.op('Sqrt', [sum]) : b.op('Pow', [sum, b.scalar(1 / p, 'float32')])]
}

/** Col2Im of known sizes: a transposed convolution whose weights put each element of a block in its place. */
export function unfoldBlocks(b: Builder, node: Node): readonly Value[] | undefined {
  const [x, , blocks] = node.inputs
  const [given, shape, dtype] = [staticShape(shapeOf(x)), staticShape(shapeOf(node.outputs[0])), dtypeOf(x)]
  const block = blocks?.isConstant ? peekNumbers(blocks.constant) : undefined
  if (!given || !shape || !block || dtype !== 'float32') return undefined
  const attributes = nodeAttributes(node)
  const rank = block.length
  const image = shape.slice(2)
  const ones = block.map(() => 1)
  const [strides, dilations] = [attributes.ints('strides') ?? ones, attributes.ints('dilations') ?? ones]
  const pads = attributes.ints('pads') ?? [...ones, ...ones].map(() => 0)
  const extent = block.map((n, a) => dilations[a]! * (n - 1) + 1)
  const counts = image.map((n, a) => Math.floor((n + pads[a]! + pads[a + rank]! - extent[a]!) / strides[a]!) + 1)
  const size = elementCount(block)
  const weights = new Float32Array(writtenOut(size * elementCount(extent)))
  for (let t = 0; t < size; t++) {
    const at = block.map((n, a) => (Math.floor(t / elementCount(block.slice(a + 1))) % n) * dilations[a]!)
    weights[t * elementCount(extent) + at.reduce((place, v, a) => place * extent[a]! + v, 0)] = 1
  }
  const planes = b.op('Reshape', [x, b.ints([shape[0]! * shape[1]!, size, ...counts])])
  const rest = image.map((n, a) => n + pads[a]! + pads[a + rank]! - (counts[a]! - 1) * strides[a]! - extent[a]!)
  const kernel = b.bytes('float32', [size, 1, ...extent], bytesOf(weights))
  const spread = b.op('ConvTranspose', [planes, kernel], { strides, pads, output_padding: rest })
  return [b.op('Reshape', [spread, b.ints(shape)])]
}
