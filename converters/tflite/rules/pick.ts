import type { Value } from '../../../src/ir/model.ts'
import { elementCount } from '../../../src/ir/types.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { writtenOut } from '../../../src/ops/kit/written-out.ts'
import { dtypeOf, intOf, numbersOf, rankOf, shapeOf, sizesOf, stringOf } from '../../../src/passes/kit/values.ts'
import { asInt32, castTo, elementAt, int32s, numbersIn, onNode, runtimeShape } from './kit.ts'
import { padOpen, sliceOpen } from './pick-open.ts'

/** STRIDED_SLICE over the leading axes up to the last that is cut. Both sides clamp alike, but for a start before the first element of a step back: that is the first here and none there. */
const slice = onNode('slice', 'Slice', (node, b, refuse) => {
  const [x, starts, ends, axesIn, stepsIn] = node.inputs as (Value | undefined)[]
  const rank = rankOf(x)
  const count = numbersIn(starts)?.length ?? numbersIn(ends)?.length ?? shapeOf(starts)?.[0]
  if (rank === undefined || typeof count !== 'number') return refuse('the rank is not known')
  if (count > rank) return refuse('there are more cuts than axes')
  const axes = (axesIn ? numbersIn(axesIn) : Array.from({ length: count }, (_, i) => i))?.map(a => (a < 0 ? a + rank : a))
  const steps = stepsIn ? numbersIn(stepsIn) : Array.from({ length: count }, () => 1)
  if (axes === undefined || steps === undefined) return sliceOpen(b, node) ?? refuse('the rank is not known')
  if (axes.length === 0) return x!
  if (!axes.every(a => a >= 0 && a < rank)) return refuse('an axis is not there')
  const used = Math.max(...axes) + 1
  const free = Array.from({ length: used }, (_, i) => i).filter(i => !axes.includes(i)).reduce((mask, i) => mask | (1 << i), 0)
  const stride = Array.from({ length: used }, (_, i) => steps[axes.indexOf(i)] ?? 1)
  const sizes = shapeOf(x)
  const first = numbersIn(starts)?.map((n, i) => (steps[i]! < 0 && n + Number(sizes?.[axes[i]!] ?? Infinity) < 0 ? 0 : n))
  const masks = { begin_mask: free || undefined, end_mask: free || undefined }
  return b.op('tflite::STRIDED_SLICE', [x, bound(b, starts!, axes, used, first), bound(b, ends!, axes, used), int32s(b, stride)], masks)
})

/** Bounds of the cut axes put in the order of all leading axes; those of others are masked. */
function bound(b: Builder, given: Value, axes: readonly number[], used: number, numbers = numbersIn(given)): Value {
  const at = (i: number) => axes.indexOf(i)
  if (numbers) {
    const clamp = (n: number) => Math.min(2 ** 31 - 1, Math.max(-(2 ** 31) + 1, n))
    return int32s(b, Array.from({ length: used }, (_, i) => (at(i) < 0 ? 0 : clamp(numbers[at(i)]!))))
  }
  const value = asInt32(b, given)
  if (axes.length === used && axes.every((a, i) => a === i)) return value
  const parts = Array.from({ length: used }, (_, i) => (at(i) < 0 ? int32s(b, [0]) : axes.length === 1 ? value : b.op('tflite::SLICE', [value, int32s(b, [at(i)]), int32s(b, [1])])))
  return b.op('tflite::CONCATENATION', parts, { axis: 0 })
}

/** Negative indices count from the end in ONNX and are an error in the runtime. */
function positive(b: Builder, x: Value, axis: number, indices: Value): Value {
  const numbers = numbersOf(indices)
  const size = shapeOf(x)?.[axis]
  if (numbers && (typeof size === 'number' || numbers.every(n => n >= 0))) {
    const shape = shapeOf(indices) as readonly number[]
    return int32s(b, numbers.map(n => (n < 0 ? n + (size as number) : n)), shape)
  }
  const [given, modulus] = [asInt32(b, indices), typeof size === 'number' ? b.scalar(size, 'int32') : elementAt(b, runtimeShape(b, x), axis)]
  // beyond four axes the runtime takes no two shapes
  const sizes = sizesOf(indices)
  if (sizes === undefined || sizes.length <= 4) return b.op('tflite::FLOOR_MOD', [given, modulus])
  return b.op('tflite::RESHAPE', [b.op('tflite::FLOOR_MOD', [b.op('tflite::RESHAPE', [given, int32s(b, [-1])]), modulus]), int32s(b, sizes)])
}

const gather = onNode('gather', 'Gather', (node, b, refuse) => {
  const [x, indices] = node.inputs as [Value, Value]
  const rank = rankOf(x)
  if (rank === undefined) return refuse('the rank is not known')
  const given = intOf(node, 'axis', 0)
  const axis = given < 0 ? given + rank : given
  return b.op('tflite::GATHER', [x, positive(b, x, axis, indices)], { axis: axis || undefined })
})

const gatherND = onNode('gather-nd', 'GatherND', (node, b, refuse) => {
  const [x, indices] = node.inputs as [Value, Value]
  const numbers = numbersOf(indices)
  const batch = intOf(node, 'batch_dims', 0)
  if (batch !== 0) {
    const [whole, given] = [sizesOf(x), sizesOf(indices)]
    if (whole === undefined || given === undefined) return refuse('GATHER_ND has no batch axes, and sizes are not known')
    const lead = given.slice(0, -1)
    const count = writtenOut(elementCount(lead) * batch)
    const own = Array.from({ length: count }, (_, n) => Math.floor(Math.floor(n / batch) / elementCount(lead.slice((n % batch) + 1))) % lead[n % batch]!)
    const inner = b.op('tflite::FLOOR_MOD', [asInt32(b, indices), int32s(b, whole.slice(batch, batch + given.at(-1)!))])
    return b.op('tflite::GATHER_ND', [x, b.op('tflite::CONCATENATION', [int32s(b, own, [...lead, batch]), inner], { axis: lead.length })])
  }
  if (numbers?.every(n => n >= 0)) return b.op('tflite::GATHER_ND', [x, asInt32(b, indices)])
  const [depth, sizes] = [shapeOf(indices)?.at(-1), shapeOf(x)]
  if (typeof depth !== 'number' || sizes === undefined) return refuse('the depth is not known')
  const known = sizes.slice(0, depth)
  const modulus = known.every(d => typeof d === 'number') ? int32s(b, known) : b.op('tflite::SLICE', [runtimeShape(b, x), int32s(b, [0]), int32s(b, [depth])])
  return b.op('tflite::GATHER_ND', [x, b.op('tflite::FLOOR_MOD', [asInt32(b, indices), modulus])])
})

const oneHot = onNode('one-hot', 'OneHot', (node, b, refuse) => {
  const [indices, depth, values] = node.inputs as [Value, Value, Value]
  const known = numbersOf(depth)?.[0]
  const rank = rankOf(indices)
  if (rank === undefined) return refuse('the rank is not known')
  const given = castTo(b, depth, 'int32')
  const count = known !== undefined ? int32s(b, [known], []) : rankOf(given) === 0 ? given : b.op('tflite::SQUEEZE', [given])
  // below zero counts from the end; what lies outside altogether is none of them
  const at = asInt32(b, castTo(b, indices, 'int32'))
  const places = b.op('tflite::SELECT_V2', [b.op('tflite::LESS', [at, b.scalar(0, 'int32')]), b.op('tflite::ADD', [at, count]), at])
  const axis = intOf(node, 'axis', -1)
  return b.op('tflite::ONE_HOT', [places, count, elementAt(b, values, 1), elementAt(b, values, 0)], { axis: axis < 0 ? axis + rank + 1 : axis })
})

/** Pads on both sides of each axis; negative ones cut. */
const pad = onNode('pad', 'Pad', (node, b, refuse) => {
  const [x, padsIn, filler, axesIn] = node.inputs as (Value | undefined)[]
  const rank = rankOf(x)
  const given = numbersIn(padsIn)
  const axes = axesIn ? numbersIn(axesIn) : rank === undefined ? undefined : Array.from({ length: rank }, (_, i) => i)
  const mode = stringOf(node, 'mode', 'constant')
  if (rank === undefined || rank === 0) return refuse('the rank is not known')
  if (given === undefined || axes === undefined) return padOpen(b, x!, { rank, pads: padsIn!, axes: axesIn, filler, mode }) ?? refuse('how many pads there are is not known')
  const rows = Array.from({ length: rank }, (_, i): [number, number] => {
    const at = axes.findIndex(a => (a < 0 ? a + rank : a) === i)
    return at < 0 ? [0, 0] : [given[at]!, given[at + axes.length]!]
  })
  let y = x!
  if (rows.some(r => r[0] < 0 || r[1] < 0)) {
    const ends = rows.map(r => Math.min(0, r[1]))
    const open = ends.reduce((mask, n, i) => (n === 0 ? mask | (1 << i) : mask), 0)
    y = b.op('tflite::STRIDED_SLICE', [y, int32s(b, rows.map(r => Math.max(0, -r[0]))), int32s(b, ends), int32s(b, rows.map(() => 1))], { end_mask: open || undefined })
  }
  const grown = rows.map(r => [Math.max(0, r[0]), Math.max(0, r[1])])
  if (grown.every(r => r[0] === 0 && r[1] === 0)) return y
  const pads = int32s(b, grown.flat(), [rank, 2])
  if (mode === 'constant') {
    const value = filler && numbersIn(filler)?.[0]
    if (!filler || value === 0 || (filler.isConstant && filler.constant!.peek()?.every(byte => byte === 0))) return b.op('tflite::PAD', [y, pads])
    const scalar = rankOf(filler) === 0 ? filler : elementAt(b, filler, 0)
    return b.op('tflite::PADV2', [y, pads, scalar])
  }
  const shape = shapeOf(y)!
  if (mode === 'reflect' && rank <= 4 && dtypeOf(y) === 'float32') return b.op('tflite::MIRROR_PAD', [y, pads])
  for (const [axis, [before, after]] of grown.entries()) {
    if (before === 0 && after === 0) continue
    const size = shape[axis]
    if (typeof size !== 'number') return refuse(`pads of mode ${mode} on an axis of unknown size`)
    const source = (i: number): number => (mode === 'edge' ? Math.min(size - 1, Math.max(0, i)) : mode === 'wrap' ? ((i % size) + size) % size : reflected(i, size))
    y = b.op('tflite::GATHER', [y, int32s(b, Array.from({ length: writtenOut(size + before! + after!) }, (_, i) => source(i - before!)))], { axis: axis || undefined })
  }
  return y
})

function reflected(i: number, size: number): number {
  if (size === 1) return 0
  const period = 2 * (size - 1)
  const at = ((i % period) + period) % period
  return at < size ? at : period - at
}

/** One triangle of each matrix, the rest zero. */
const trilu = onNode('trilu', 'Trilu', (node, b, refuse) => {
  const shape = shapeOf(node.inputs[0])
  const [rows, columns] = shape?.slice(-2) ?? []
  const k = node.inputs[1] ? numbersOf(node.inputs[1])?.[0] : 0
  if (typeof rows !== 'number' || typeof columns !== 'number' || k === undefined) return refuse('it takes matrices of known sizes')
  const upper = intOf(node, 'upper', 1) === 1
  const mask = b.bytes('bool', [rows, columns], Uint8Array.from({ length: writtenOut(rows * columns) }, (_, i) => {
    const [r, c] = [Math.floor(i / columns), i % columns]
    return Number(upper ? c - r >= k : c - r <= k)
  }))
  return b.op('tflite::SELECT_V2', [mask, node.inputs[0], b.scalar(0, dtypeOf(node.inputs[0]) ?? 'float32')])
})

const reverseSequence = onNode('reverse-sequence', 'ReverseSequence', (node, b) =>
  b.op('tflite::REVERSE_SEQUENCE', [node.inputs[0], asInt32(b, node.inputs[1]!)], { seq_dim: intOf(node, 'time_axis', 0) || undefined, batch_dim: intOf(node, 'batch_axis', 1) || undefined }),
)

const nonZero = onNode('non-zero', 'NonZero', (node, b, refuse) => {
  const x = node.inputs[0]!
  const [rank, dtype] = [rankOf(x), dtypeOf(x)]
  if (rank === undefined || rank === 0 || dtype === undefined) return refuse('the rank is not known')
  const flags = dtype === 'bool' ? x : b.op('tflite::NOT_EQUAL', [x, b.scalar(0, dtype)])
  const rows = b.op('tflite::TRANSPOSE', [b.op('tflite::WHERE', [flags]), int32s(b, [1, 0])])
  return castTo(b, rows, dtypeOf(node.outputs[0]) ?? 'int64')
})

export const pickRules = [slice, gather, gatherND, oneHot, pad, trilu, reverseSequence, nonZero]
