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
    return numbers === undefined ? (value.type?.kind === 'tensor' ? rangeOfDType(value.type.dtype) : everything) : numbers.length === 0 ? [0, 0] : [numbers.reduce((a, b) => Math.min(a, b)), numbers.reduce((a, b) => Math.max(a, b))]
  }
  if (value.inputOf) return value.inputOf.owner === undefined ? input : everything
  const elements = elementsOf(value)
  if (elements && elements.length > 0) return union(...elements.map((d: Dim): Range => (typeof d === 'number' ? [d, d] : [Math.max(lowerBound(d), -(2 ** 31)), sizes[1]])))
  const node = value.producer?.node
  return node && node.domain === '' ? ofNode(node, value, input, known) : everything
}

interface Bounds {
  readonly node: Node
  readonly index: number
  of(input: number): Range
  all(from?: number): Range
}

/** What operators make of the bounds of their inputs. Those that only move elements are in `moves`. */
const rules: Readonly<Record<string, (b: Bounds) => Range>> = {
  Shape: () => sizes,
  Size: () => sizes,
  ArgMax: () => sizes,
  ArgMin: () => sizes,
  NonZero: () => sizes,
  NonMaxSuppression: () => sizes,
  TopK: b => (b.index === 1 ? sizes : b.of(0)),
  Concat: b => b.all(),
  Max: b => b.all(),
  Min: b => b.all(),
  ScatterND: b => b.all(),
  ScatterElements: b => b.all(),
  Range: b => union(b.of(0), b.of(1)),
  Where: b => b.all(1),
  Pad: b => union(b.of(0), b.node.inputs[2] ? b.of(2) : [0, 0]),
  OneHot: b => b.of(2),
  Add: b => [b.of(0)[0] + b.of(1)[0], b.of(0)[1] + b.of(1)[1]],
  Sub: b => [b.of(0)[0] - b.of(1)[1], b.of(0)[1] - b.of(1)[0]],
  Mul: b => productRange(b.of(0), b.of(1)),
  Neg: b => [-b.of(0)[1], -b.of(0)[0]],
  Abs: b => [0, largest(b.of(0))],
  Sign: () => [-1, 1],
  Div: b => (b.of(0)[0] >= 0 && b.of(1)[0] >= 0 ? [0, b.of(0)[1]] : [-largest(b.of(0)), largest(b.of(0))]),
  Mod: b => [-largest(b.of(1)), largest(b.of(1))],
  Clip: b => [b.node.inputs[1] ? Math.max(b.of(0)[0], b.of(1)[0]) : b.of(0)[0], b.node.inputs[2] ? Math.min(b.of(0)[1], b.of(2)[1]) : b.of(0)[1]],
  ConstantOfShape({ node }) {
    const fill = node.attributes['value']
    const numbers = fill?.type === 'tensor' ? peekNumbers(fill.value) : [0]
    return numbers?.[0] === undefined ? everything : [numbers[0], numbers[0]]
  },
  Cast({ node, of }) {
    const type = node.inputs[0]?.type
    if (type?.kind !== 'tensor') return everything
    return ['int', 'uint'].includes(kindOf(type.dtype)) ? of(0) : type.dtype === 'bool' ? [0, 1] : everything
  },
}

const largest = (r: Range): number => Math.max(Math.abs(r[0]), Math.abs(r[1]))

function ofNode(node: Node, value: Value, input: Range, known: Map<Value, Range>): Range {
  const of = (i: number): Range => rangeOf(node.inputs[i], input, known)
  const all = (from = 0): Range => union(...node.inputs.slice(from).map(v => rangeOf(v, input, known)))
  if (moves.has(node.op)) return of(0)
  return Object.hasOwn(rules, node.op) ? rules[node.op]!({ node, index: value.producer!.index, of, all }) : everything
}
