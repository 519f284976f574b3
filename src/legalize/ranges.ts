import type { Dim } from '../ir/dim.ts'
import { lowerBound } from '../ir/dim.ts'
import type { DType } from '../ir/dtype.ts'
import { bitsOf, kindOf } from '../ir/dtype.ts'
import type { Node, Value } from '../ir/model.ts'
import { peekNumbers } from '../ir/tensor.ts'
import { elementsOf } from '../ops/infer.ts'

/** The least and the greatest value that an integer tensor can hold. */
export type Range = readonly [number, number]

/** What a dtype can hold. */
export function rangeOfDType(dtype: DType): Range {
  if (dtype === 'bool') return [0, 1]
  const bits = bitsOf(dtype)
  return kindOf(dtype) === 'uint' ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1]
}
export const inside = (a: Range, b: Range): boolean => a[0] >= b[0] && a[1] <= b[1]
const union = (...ranges: readonly Range[]): Range => [Math.min(...ranges.map(r => r[0])), Math.max(...ranges.map(r => r[1]))]
const everything: Range = [-Infinity, Infinity]
/** Sizes fit 31 bits in every format that has 32-bit sizes. */
const sizes: Range = [0, 2 ** 31 - 1]

const moves = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten', 'Transpose', 'Expand', 'Tile', 'Slice', 'Gather', 'GatherElements', 'GatherND', 'Identity', 'Split', 'Trilu', 'ReduceMax', 'ReduceMin', 'Compress', 'ReverseSequence', 'DepthToSpace', 'SpaceToDepth'])

function productRange(a: Range, b: Range): Range {
  const corners = a.flatMap(x => b.map(y => (x === 0 || y === 0 ? 0 : x * y)))
  return [Math.min(...corners), Math.max(...corners)]
}

/** Bounds of a value from constants, sizes and what operators do to their inputs. `input` bounds what callers give. */
export function rangeOf(value: Value | undefined, input: Range, known: Map<Value, Range>): Range {
  if (value === undefined) return [0, 0]
  const found = known.get(value)
  if (found) return found
  known.set(value, everything)
  const range = workOut(value, input, known)
  known.set(value, range)
  return range
}

function workOut(value: Value, input: Range, known: Map<Value, Range>): Range {
  if (value.isConstant) {
    const numbers = peekNumbers(value.constant)
    return numbers === undefined ? (value.type?.kind === 'tensor' ? rangeOfDType(value.type.dtype) : everything) : numbers.length === 0 ? [0, 0] : [Math.min(...numbers), Math.max(...numbers)]
  }
  if (value.inputOf) return value.inputOf.owner === undefined ? input : everything
  const elements = elementsOf(value)
  if (elements && elements.length > 0) return union(...elements.map((d: Dim): Range => (typeof d === 'number' ? [d, d] : [Math.max(lowerBound(d), -(2 ** 31)), sizes[1]])))
  const node = value.producer?.node
  return node && node.domain === '' ? ofNode(node, value, input, known) : everything
}

function ofNode(node: Node, value: Value, input: Range, known: Map<Value, Range>): Range {
  const of = (i: number): Range => rangeOf(node.inputs[i], input, known)
  const all = (from = 0): Range => union(...node.inputs.slice(from).map(v => rangeOf(v, input, known)))
  switch (node.op) {
    case 'Shape': case 'Size': case 'ArgMax': case 'ArgMin': case 'NonZero': case 'NonMaxSuppression': return sizes
    case 'TopK': return value.producer!.index === 1 ? sizes : of(0)
    case 'Concat': case 'Max': case 'Min': case 'ScatterND': case 'ScatterElements': return all()
    case 'Range': return union(of(0), of(1))
    case 'Where': return all(1)
    case 'Pad': return union(of(0), node.inputs[2] ? of(2) : [0, 0])
    case 'OneHot': return of(2)
    case 'Add': return [of(0)[0] + of(1)[0], of(0)[1] + of(1)[1]]
    case 'Sub': return [of(0)[0] - of(1)[1], of(0)[1] - of(1)[0]]
    case 'Mul': return productRange(of(0), of(1))
    case 'Neg': return [-of(0)[1], -of(0)[0]]
    case 'Abs': return [0, Math.max(Math.abs(of(0)[0]), Math.abs(of(0)[1]))]
    case 'Sign': return [-1, 1]
    case 'Div': {
      const most = Math.max(Math.abs(of(0)[0]), Math.abs(of(0)[1]))
      return of(0)[0] >= 0 && of(1)[0] >= 0 ? [0, of(0)[1]] : [-most, most]
    }
    case 'Mod': {
      const most = Math.max(Math.abs(of(1)[0]), Math.abs(of(1)[1]))
      return [-most, most]
    }
    case 'Clip': return [node.inputs[1] ? Math.max(of(0)[0], of(1)[0]) : of(0)[0], node.inputs[2] ? Math.min(of(0)[1], of(2)[1]) : of(0)[1]]
    case 'ConstantOfShape': {
      const fill = node.attributes['value']
      const numbers = fill?.type === 'tensor' ? peekNumbers(fill.value) : [0]
      return numbers?.[0] === undefined ? everything : [numbers[0], numbers[0]]
    }
    case 'Cast': {
      const type = node.inputs[0]?.type
      if (type?.kind !== 'tensor') return everything
      return ['int', 'uint'].includes(kindOf(type.dtype)) ? of(0) : type.dtype === 'bool' ? [0, 1] : everything
    }
    default: return moves.has(node.op) ? of(0) : everything
  }
}
