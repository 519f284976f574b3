import { compileExact } from '../../expr/exact.ts'
import { kindOf } from '../../ir/dtype.ts'
import type { Node, Value } from '../../ir/model.ts'
import { bytesOf, float32Tensor, int64Tensor } from '../../ir/tensor.ts'
import { elementCount, staticShape } from '../../ir/types.ts'
import type { Builder } from '../builder.ts'
import { dtypeOf, nodeAttributes, shapeOf } from './algebra.ts'
import type { ResizeAxis } from './resize.ts'
import { axisTable, resizeStyle } from './resize.ts'
import { writtenOut } from './written-out.ts'

/** Elements of the input that each element of the output may be added up of; of more it is a product with a matrix. */
const mostTaps = 4

/** Resize axis by axis: elements taken by constant indices, times constant weights. Undefined for element types whose sums would be rounded otherwise. */
export function resizedByTables(b: Builder, node: Node, axes: readonly ResizeAxis[]): Value | undefined {
  const [x] = node.inputs as [Value]
  const dtype = dtypeOf(x)
  const rank = shapeOf(x)?.length
  const attributes = nodeAttributes(node)
  const style = resizeStyle(attributes)
  if (dtype === undefined || rank === undefined || (style.mode !== 'nearest' && dtype !== 'float32') || kindOf(dtype) === 'string') return undefined
  let y = axes.length === 0 ? b.op('Identity', [x]) : x
  let outside: Value | undefined
  for (const axis of axes) {
    writtenOut(axis.from)
    writtenOut(axis.to)
    const table = axisTable(axis, style)
    writtenOut(axis.to * table.taps)
    const buffers = [table.index, ...(table.weight ? [table.weight] : []), ...(table.outside ? [table.outside] : [])]
    const arrays = compileExact([], buffers)([]).map(a => Array.from(a as Float64Array, Number))
    const [index, weight] = [arrays[0]!, table.weight && arrays[1]!]
    const resized = weight === undefined ? b.op('Gather', [y, b.ints(index)], { axis: axis.axis }) : weighed(b, y, axis, table.taps, index, weight)
    if (resized === undefined) return undefined
    y = resized
    const beyond = table.outside && arrays.at(-1)!
    if (!beyond?.some(n => n !== 0)) continue
    const flags = b.bytes('bool', [axis.to, ...Array.from({ length: rank - axis.axis - 1 }, () => 1)], bytesOf(Uint8Array.from(beyond)))
    outside = outside ? b.op('Or', [outside, flags]) : flags
  }
  return outside ? b.op('Where', [outside, b.scalar(attributes.float('extrapolation_value', 0), dtype), y]) : y
}

function weighed(b: Builder, x: Value, { axis, from, to }: ResizeAxis, taps: number, index: readonly number[], weight: readonly number[]): Value | undefined {
  const shape = shapeOf(x)!
  const at = (list: readonly number[], t: number): number[] => Array.from({ length: to }, (_, i) => list[i * taps + t]!)
  if (taps <= mostTaps) {
    const along = [to, ...shape.slice(axis + 1).map(() => 1)]
    const terms = Array.from({ length: taps }, (_, t) => b.op('Mul', [b.op('Gather', [x, b.constant(int64Tensor(at(index, t)))], { axis }), b.constant(float32Tensor(at(weight, t), along))]))
    return terms.reduce((p, q) => b.op('Add', [p, q]))
  }
  const sizes = staticShape(shape)
  if (sizes === undefined) return undefined
  const matrix = new Float64Array(writtenOut(to * from))
  for (let i = 0; i < to * taps; i++) matrix[Math.floor(i / taps) * from + index[i]!]! += weight[i]!
  const rows = b.op('Reshape', [x, b.ints([elementCount(sizes.slice(0, axis)), from, elementCount(sizes.slice(axis + 1))])])
  const product = b.op('MatMul', [b.constant(float32Tensor(Float32Array.from(matrix), [1, to, from])), rows])
  return b.op('Reshape', [product, b.ints([...sizes.slice(0, axis), to, ...sizes.slice(axis + 1)])])
}
