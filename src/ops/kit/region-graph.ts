import type { Node, Value } from '../../ir/model.ts'
import { float32Tensor } from '../../ir/tensor.ts'
import type { Builder } from '../builder.ts'
import { computeInvalid } from '../diagnostics.ts'
import { dtypeOf, graphAlgebra, nodeAttributes, shapeOf } from './algebra.ts'
import type { Neighbour } from './between-graph.ts'
import { rowOf, withEndsKept, withZeroRow } from './between-graph.ts'
import { castTo } from './older.ts'
import { writtenOut } from './written-out.ts'

/** Samples of a bin beyond which a node is not taken apart. */
const mostSamples = 16

/** RoiAlign of float32 with a stated number of samples: pixels are rows of channels, gathered for every bin at once. Undefined when sizes are not known. */
export function alignedRegions(b: Builder, node: Node): Value | undefined {
  const [x, rois, batches] = node.inputs as [Value, Value, Value]
  const [, channels, height, width] = shapeOf(x) ?? []
  if (dtypeOf(x) !== 'float32' || dtypeOf(rois) !== 'float32' || typeof channels !== 'number' || typeof height !== 'number' || typeof width !== 'number') return undefined
  const attributes = nodeAttributes(node)
  const samples = attributes.int('sampling_ratio', 0)
  if (samples <= 0) throw computeInvalid(node, 'without a sampling_ratio the samples of a bin are as many as its region is large')
  if (samples ** 2 > mostSamples) throw computeInvalid(node, `${samples ** 2} samples of a bin, more than ${mostSamples}`)
  const m = graphAlgebra(b, 'float32')
  const half = attributes.string('coordinate_transformation_mode', 'half_pixel') === 'half_pixel'
  const greatest = attributes.string('mode', 'avg') === 'max'
  const scaled = m.mul(rois, attributes.float('spatial_scale', 1))
  const corners = half ? m.sub(scaled, 0.5) : scaled
  const side = (i: number): Value => b.op('Gather', [corners, b.ints([i])], { axis: 1 })
  /** Neighbours of the samples of every bin along an axis, [regions, bins] for each. */
  const axis = (low: Value, high: Value, bins: number, size: number): readonly Neighbour[] => {
    const span = m.sub(high, low)
    const each = m.div(half ? span : m.max(span, 1), bins)
    return Array.from({ length: samples }, (_, s) => {
      const places = float32Tensor(Array.from({ length: writtenOut(bins) }, (_, i) => i + (s + 0.5) / samples), [1, bins])
      return withEndsKept(b, m, m.add(low, m.mul(each, b.constant(places))), size)
    }).flat()
  }
  const down = axis(side(1), side(3), attributes.int('output_height', 1), height)
  const across = axis(side(0), side(2), attributes.int('output_width', 1), width)
  const rows = withZeroRow(b, b.op('Reshape', [b.op('Transpose', [x], { perm: [0, 2, 3, 1] }), b.ints([-1, channels])]))
  const first = b.op('Unsqueeze', [b.op('Mul', [castTo(b, batches, 'int32'), b.scalar(height, 'int32')]), b.ints([1])])
  const starts = down.map(n => b.op('Unsqueeze', [b.op('Mul', [b.op('Add', [first, n.index]), b.scalar(width, 'int32')]), b.ints([2])]))
  const [rowWeights, columnWeights] = [down.map(n => b.op('Unsqueeze', [n.weight, b.ints([2, 3])])), across.map(n => b.op('Unsqueeze', [n.weight, b.ints([1, 3])]))]
  const columns = across.map(n => b.op('Unsqueeze', [n.index, b.ints([1])]))
  const [rowsThere, columnsThere] = [down.map(n => b.op('Unsqueeze', [n.there, b.ints([2])])), across.map(n => b.op('Unsqueeze', [n.there, b.ints([1])]))]
  const terms = starts.flatMap((start, i) => columns.map((column, j) => m.mul(b.op('Gather', [rows, rowOf(b, b.op('Add', [start, column]), [rowsThere[i]!, columnsThere[j]!])]), m.mul(rowWeights[i]!, columnWeights[j]!))))
  const bins = terms.reduce((p, q) => (greatest ? m.max(p, q) : m.add(p, q)))
  return b.op('Transpose', [greatest ? bins : m.mul(bins, 1 / samples ** 2)], { perm: [0, 3, 1, 2] })
}
