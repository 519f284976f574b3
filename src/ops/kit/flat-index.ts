import type { Node, Value } from '../../ir/model.ts'
import { int64Tensor } from '../../ir/tensor.ts'
import { elementCount, staticShape } from '../../ir/types.ts'
import type { Builder } from '../builder.ts'
import { nodeAttributes, shapeOf } from './algebra.ts'
import { castTo } from './older.ts'
import { writtenOut } from './written-out.ts'

/** Places, in int64 and counted in one row over `shape`, of what `indices` (int64 from 0 on, of shape `taken`) pick along an axis: on the other axes each stays where it is. */
export function flatIndices(b: Builder, shape: readonly number[], indices: Value, taken: readonly number[], axis: number): Value {
  const strides = shape.map((_, d) => elementCount(shape.slice(d + 1)))
  const rest = Array.from({ length: writtenOut(elementCount(taken)) }, (_, n) =>
    taken.reduce((sum, size, d) => (d === axis ? sum : sum + (Math.floor(n / elementCount(taken.slice(d + 1))) % size) * strides[d]!), 0))
  const along = b.op('Mul', [indices, b.int(strides[axis]!)])
  return b.op('Add', [along, b.constant(int64Tensor(rest, taken))])
}

/** The same for a node that has its data, its indices and `axis`; undefined where a shape is not known, or nothing is there. */
export function flatIndicesOf(b: Builder, node: Node): Value | undefined {
  const [shape, taken] = [0, 1].map(i => staticShape(shapeOf(node.inputs[i])))
  if (!shape || !taken || elementCount(shape) === 0 || elementCount(taken) === 0) return undefined
  const given = nodeAttributes(node).int('axis', 0)
  const axis = given < 0 ? given + shape.length : given
  const indices = castTo(b, node.inputs[1], 'int64')
  const size = b.int(shape[axis]!)
  return flatIndices(b, shape, b.op('Where', [b.op('Less', [indices, b.int(0)]), b.op('Add', [indices, size]), indices]), taken, axis)
}
