import type { DType } from '../../ir/dtype.ts'
import { bitsOf } from '../../ir/dtype.ts'
import type { Node, Value } from '../../ir/model.ts'
import { peekNumbers } from '../../ir/tensor.ts'
import { elementCount, staticShape } from '../../ir/types.ts'
import type { Builder } from '../builder.ts'
import { computeInvalid } from '../diagnostics.ts'
import { dtypeOf, nodeAttributes, shapeOf } from './algebra.ts'
import { castTo } from './older.ts'
import { rangeOf } from './quantize.ts'

/** Sums of integers up to this size are exact in float32, in whatever order they are added. */
const mostExact = 2 ** 24

/** Parts of a sum beyond which a node is not taken apart. */
const mostParts = 64

/** `x - zero` in a float type that holds it; `axis` of a rank is the one that several zero points lie along. Undefined when a shape is not known. */
export function centred(b: Builder, x: Value | undefined, zero: Value | undefined, axis: number, rank: number, dtype: DType): Value | undefined {
  const sizes = zero && staticShape(shapeOf(zero))
  if (zero && sizes === undefined) return undefined
  if (x?.isConstant && (zero === undefined || zero.isConstant) && (sizes ?? []).length <= 1 && dtype === 'float32') {
    // as weights of integers, which a target may keep so
    const several = elementCount(sizes ?? []) > 1
    const scale = several ? b.floats(Array.from({ length: elementCount(sizes!) }, () => 1)) : b.scalar(1, 'float32')
    const origin = zero && !several ? b.bytes(dtypeOf(zero)!, [], zero.constant!.peek()!) : zero
    return b.op('DequantizeLinear', [x, scale, origin], { axis })
  }
  const wide = castTo(b, x, dtype)
  if (!zero || sizes === undefined) return wide
  const lies = sizes.length === 1 && elementCount(sizes) > 1
  const along = lies ? b.op('Reshape', [zero, b.ints(Array.from({ length: rank }, (_, d) => (d === axis ? -1 : 1)))]) : elementCount(sizes) === 1 ? b.op('Reshape', [zero, b.ints([])]) : zero
  return b.op('Sub', [wide, castTo(b, along, dtype)])
}

/** How far an integer of 8 bits can be from its zero point. */
function reach(x: Value | undefined, zero: Value | undefined): number | undefined {
  const dtype = dtypeOf(x)
  if (dtype === undefined || bitsOf(dtype) > 8) return undefined
  const [low, high] = rangeOf(dtype)
  const zeros = zero ? (zero.isConstant ? peekNumbers(zero.constant) : undefined) : [0]
  return zeros ? Math.max(...zeros.map(z => Math.max(high - z, z - low))) : high - low
}

/** How many weights, a number along one axis and of others beside, can be summed up in one go with factors of a size: where each part begins. Undefined when one alone is too much. */
function partsOf(count: number, others: number, most: number, weight: (k: number, o: number) => number): number[] | undefined {
  const starts = [0]
  let sums = new Float64Array(others)
  for (let k = 0; k < count; k++) {
    const next = sums.map((sum, o) => sum + most * weight(k, o))
    if (!next.some(n => n > mostExact)) {
      sums = next
      continue
    }
    starts.push(k)
    sums = sums.map((_, o) => most * weight(k, o))
    if (k === 0 || sums.some(n => n > mostExact)) return undefined
  }
  return starts
}

/** Numbers of constant weights from their zero point, if at hand. */
function sizesFrom(w: Value | undefined, zero: Value | undefined): { readonly numbers: readonly number[]; readonly zeros: readonly number[] } | undefined {
  const numbers = w?.isConstant ? peekNumbers(w.constant) : undefined
  const zeros = zero ? (zero.isConstant ? peekNumbers(zero.constant) : undefined) : [0]
  return numbers && zeros && { numbers, zeros }
}

const slice = (b: Builder, x: Value, axis: number, from: number, to: number, whole: number): Value =>
  from === 0 && to === whole ? x : b.op('Slice', [x, b.ints([from]), b.ints([to]), b.ints([axis])])

/** The sum of what each part gives, in int32. */
function added(b: Builder, node: Node, starts: readonly number[] | undefined, count: number, part: (from: number, to: number) => Value): Value {
  if (starts === undefined) throw computeInvalid(node, 'its sums are not exact in float32')
  if (starts.length > mostParts) throw computeInvalid(node, `its sums are exact in float32 in ${starts.length} parts only, more than ${mostParts}`)
  return starts.map((from, i) => castTo(b, part(from, starts[i + 1] ?? count), 'int32')).reduce((p, q) => b.op('Add', [p, q]))
}

/** Parts as long as any factors allow; undefined when one alone is too much. */
const evenParts = (count: number, most: number): number[] | undefined => {
  const each = Math.floor(mostExact / most)
  if (each < 1) return undefined
  return Array.from({ length: Math.max(1, Math.ceil(count / each)) }, (_, i) => i * each)
}

/** MatMulInteger in float32, in parts each of which is exact there. Undefined when shapes are not known. */
export function multiplyExactly(b: Builder, node: Node): Value | undefined {
  const [x, w, xZero, wZero] = node.inputs as [Value, Value, Value | undefined, Value | undefined]
  const [rows, columns] = [shapeOf(x), shapeOf(w)]
  const [most, least] = [reach(x, xZero), reach(w, wZero)]
  const depth = rows?.at(-1)
  if (!rows || !columns || most === undefined || least === undefined || typeof depth !== 'number') return undefined
  const left = centred(b, x, xZero, rows.length - 2, rows.length, 'float32')
  const [axis, flat] = [Math.max(0, columns.length - 2), staticShape(columns)]
  const held = flat && columns.length <= 2 ? sizesFrom(w, wZero) : undefined
  const width = flat?.[1] ?? 1
  const starts = held ? partsOf(depth, width, most, (k, o) => Math.abs(held.numbers[k * width + o]! - held.zeros[held.zeros.length > 1 ? o : 0]!)) : evenParts(depth, most * least)
  const right = centred(b, w, wZero, columns.length - 1, columns.length, 'float32')
  return left && right && added(b, node, starts, depth, (from, to) => b.op('MatMul', [slice(b, left, rows.length - 1, from, to, depth), slice(b, right, axis, from, to, depth)]))
}

/** ConvInteger in float32, in parts of its channels each of which is exact there. Undefined when shapes are not known. */
export function convolveExactly(b: Builder, node: Node): Value | undefined {
  const [x, w, xZero, wZero] = node.inputs as [Value, Value, Value | undefined, Value | undefined]
  const [rank, kernel] = [shapeOf(x)?.length, staticShape(shapeOf(w))]
  const [most, least] = [reach(x, xZero), reach(w, wZero)]
  if (rank === undefined || !kernel || most === undefined || least === undefined) return undefined
  const [units, channels, taps] = [kernel[0]!, kernel[1]!, elementCount(kernel.slice(2))]
  const held = sizesFrom(w, wZero)
  const weight = (c: number, o: number): number => {
    let sum = 0
    for (let t = 0; t < taps; t++) sum += Math.abs(held!.numbers[(o * channels + c) * taps + t]! - held!.zeros[held!.zeros.length > 1 ? o : 0]!)
    return sum
  }
  const starts = held ? partsOf(channels, units, most, weight) : evenParts(channels, most * least * taps)
  if (starts && starts.length > 1 && nodeAttributes(node).int('group', 1) !== 1) throw computeInvalid(node, 'the sums of a group are not exact in float32')
  const [data, filter] = [centred(b, x, xZero, 1, rank, 'float32'), centred(b, w, wZero, 0, rank, 'float32')]
  return data && filter && added(b, node, starts, channels, (from, to) => b.op('Conv', [slice(b, data, 1, from, to, channels), slice(b, filter, 1, from, to, channels)], node.attributes))
}
