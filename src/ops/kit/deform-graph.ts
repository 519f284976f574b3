import type { Node, Value } from '../../ir/model.ts'
import { bytesOf, float32Tensor } from '../../ir/tensor.ts'
import { elementCount, staticShape } from '../../ir/types.ts'
import type { Builder } from '../builder.ts'
import { computeInvalid } from '../diagnostics.ts'
import { dtypeOf, graphAlgebra, nodeAttributes, shapeOf } from './algebra.ts'
import { rowOf, withZeroRow, withZerosAround } from './between-graph.ts'
import { channelsFirst, channelsLast } from './nhwc.ts'
import { windowOf } from './window.ts'
import { writtenOut } from './written-out.ts'

/** DeformConv of float32, all shapes known: the image as every tap sees it is gathered, and a convolution steps over it tap by tap. */
export function deformedConvolution(b: Builder, node: Node): Value | undefined {
  const [x, w, offsets, bias, mask] = node.inputs as [Value, Value, Value, Value | undefined, Value | undefined]
  const [shape, kernel, out] = [x, w, node.outputs[0]].map(v => staticShape(shapeOf(v)))
  if (!shape || !kernel || !out || dtypeOf(x) !== 'float32' || elementCount(shape) === 0 || elementCount(out) === 0) return undefined
  const attributes = nodeAttributes(node)
  const fail = (message: string): never => {
    throw computeInvalid(node, message)
  }
  const m = graphAlgebra(b, 'float32')
  const parts = attributes.int('offset_group', 1)
  const [batch, channels, image, counts, size] = [shape[0]!, shape[1]!, shape.slice(2), out.slice(2), kernel.slice(2)]
  const rank = image.length
  const [taps, places] = [elementCount(size), elementCount(counts)]
  if (channels % parts !== 0 || rank > 3) return undefined
  const { strides, dilations, before } = windowOf({ attributes, fail }, image, size, counts)
  const along = (list: readonly number[], a: number, i: number): number => Math.floor(i / elementCount(list.slice(a + 1))) % list[a]!
  // rank, N, places, taps, parts
  const moved = b.op('Transpose', [b.op('Reshape', [offsets, b.ints([batch, parts, taps, rank, places])])], { perm: [3, 0, 4, 2, 1] })
  const neighbours = image.map((n, a) => {
    const still = Array.from({ length: writtenOut(places * taps) }, (_, i) => along(counts, a, Math.floor(i / taps)) * strides[a]! - before[a]! + along(size, a, i % taps) * dilations[a]!)
    return withZerosAround(b, m, m.add(b.op('Gather', [moved, b.int(a)]), b.constant(float32Tensor(still, [1, places, taps, 1]))), n)
  })
  const numbers = (count: number, shape: readonly number[]): Value => b.bytes('int32', shape, bytesOf(Int32Array.from({ length: count }, (_, i) => i)))
  const rows = withZeroRow(b, b.op('Reshape', [b.op('Transpose', [x], { perm: channelsLast(rank + 2) }), b.ints([-1, channels / parts])]))
  const combinations = neighbours.reduce<(typeof neighbours)[number][]>((all, axis) => all.flatMap(c => axis.map(n => [...c, n])), [[]])
  const terms = combinations.map(chosen => {
    const at = chosen.reduce((sum, n, a) => b.op('Add', [b.op('Mul', [sum, b.scalar(image[a]!, 'int32')]), n.index]), numbers(batch, [batch, 1, 1, 1]))
    const row = parts === 1 ? at : b.op('Add', [b.op('Mul', [at, b.scalar(parts, 'int32')]), numbers(parts, [1, 1, 1, parts])])
    const weight = chosen.map(n => n.weight).reduce((p, q) => m.mul(p, q))
    return m.mul(b.op('Gather', [rows, rowOf(b, row, chosen.map(n => n.there))]), b.op('Unsqueeze', [weight, b.ints([4])]))
  })
  const between = terms.reduce((p, q) => m.add(p, q))
  const masked = mask ? m.mul(between, b.op('Unsqueeze', [b.op('Transpose', [b.op('Reshape', [mask, b.ints([batch, parts, taps, places])])], { perm: [0, 3, 2, 1] }), b.ints([4])])) : between
  const seen = b.op('Reshape', [masked, b.ints([batch, places * size[0]!, ...size.slice(1), channels])])
  const y = b.op('Conv', [b.op('Transpose', [seen], { perm: channelsFirst(rank + 2) }), w, bias], { strides: size, kernel_shape: size, group: attributes.int('group', 1) })
  const last = b.op('Reshape', [b.op('Transpose', [y], { perm: channelsLast(rank + 2) }), b.ints([batch, ...counts, out[1]!])])
  return b.op('Transpose', [last], { perm: channelsFirst(rank + 2) })
}
