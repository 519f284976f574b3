import { kindOf } from '../../ir/dtype.ts'
import type { Node, Value } from '../../ir/model.ts'
import { bytesOf } from '../../ir/tensor.ts'
import { elementCount, staticShape } from '../../ir/types.ts'
import type { Builder } from '../builder.ts'
import { dtypeOf, nodeAttributes, shapeOf } from './algebra.ts'
import { castTo } from './older.ts'

/** Comparisons of elements beyond which a node is not taken apart. */
const mostCompared = 2 ** 20

/** Unique by comparing every slice with every other: of sizes that are known and not large. */
export function comparedSlices(b: Builder, node: Node): readonly Value[] | undefined {
  const [given] = node.inputs as [Value]
  const [dtype, shape] = [dtypeOf(given), staticShape(shapeOf(given))]
  const attributes = nodeAttributes(node)
  const stated = attributes.int('axis')
  if (dtype === undefined || !shape || kindOf(dtype) === 'complex' || dtype === 'string') return undefined
  const axis = stated === undefined ? 0 : stated < 0 ? stated + shape.length : stated
  const count = stated === undefined ? elementCount(shape) : shape[axis]!
  const length = stated === undefined ? 1 : elementCount(shape) / count
  if (!(count > 0 && length > 0 && count * count * length <= mostCompared)) return undefined
  const turned = axis === 0 ? given : b.op('Transpose', [given], { perm: [axis, ...shape.map((_, i) => i).filter(i => i !== axis)] })
  const [mine, other] = [[count, 1, length], [1, count, length]].map(s => b.op('Reshape', [turned, b.ints(s)])) as [Value, Value]
  const int = (v: Value): Value => castTo(b, v, 'int32')
  const total = (v: Value, axis: number): Value => b.op('ReduceSum', [v, b.ints([axis])], { keepdims: 0 })
  const none = kindOf(dtype) === 'float' ? [mine, other].map(v => b.op('IsNaN', [v])) : undefined
  const equal = b.op('Equal', [mine, other])
  const alike = none ? b.op('Or', [equal, b.op('And', none)]) : equal
  const numbers = (shape: readonly number[]): Value => b.bytes('int32', shape, bytesOf(Int32Array.from({ length: count }, (_, i) => i)))
  const first = int(b.op('ArgMax', [b.op('ReduceMin', [int(alike), b.ints([2])], { keepdims: 0 })], { axis: 1, keepdims: 0 }))
  const isFirst = b.op('Equal', [first, numbers([count])])
  let before: Value
  if (attributes.int('sorted', 1) === 1) {
    // the first element that differs decides: it has the greatest number, odd where the other slice has less there
    const less = b.op('Less', [other, mine])
    const lesser = none ? b.op('Or', [less, b.op('And', [none[0], b.op('Not', [none[1]])])]) : less
    const ranks = b.bytes('int32', [length], bytesOf(Int32Array.from({ length }, (_, k) => 2 * (length - k))))
    const keys = b.op('Mul', [int(b.op('Not', [alike])), b.op('Add', [int(lesser), ranks])])
    before = b.op('Equal', [b.op('Mod', [b.op('ReduceMax', [keys, b.ints([2])], { keepdims: 0 }), b.scalar(2, 'int32')]), b.scalar(1, 'int32')])
  } else before = b.op('Less', [numbers([1, count]), b.op('Unsqueeze', [first, b.ints([1])])])
  const place = total(int(b.op('And', [before, b.op('Unsqueeze', [isFirst, b.ints([0])])])), 1)
  const members = int(b.op('Equal', [b.op('Unsqueeze', [place, b.ints([0])]), numbers([count, 1])]))
  const sources = total(b.op('Mul', [members, b.op('Mul', [int(isFirst), numbers([count])])]), 1)
  const found = b.op('Unsqueeze', [castTo(b, b.op('ReduceSum', [int(isFirst)], { keepdims: 0 }), 'int64'), b.ints([0])])
  const cut = (v: Value): Value => b.op('Slice', [castTo(b, v, 'int64'), b.ints([0]), found, b.ints([0])])
  const indices = cut(sources)
  const x = stated === undefined ? b.op('Reshape', [given, b.ints([-1])]) : given
  return [b.op('Gather', [x, indices], { axis }), indices, castTo(b, place, 'int64'), cut(total(members, 1))]
}
