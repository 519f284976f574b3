import { lowerBound } from '../../../src/ir/dim.ts'
import type { Node, Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { elementsOf } from '../../../src/ops/infer.ts'
import { dtypeOf, numbersOf, rankOf, shapeOf } from '../../../src/passes/kit/values.ts'
import { asInt32, elementAt, int32s, numbersIn, runtimeShape } from './kit.ts'

/** int32 of integers that say "to the end" by numbers beyond it. */
function clamped(b: Builder, v: Value): Value {
  if (dtypeOf(v) !== 'int64' || v.isConstant) return asInt32(b, v)
  const end = 2 ** 31 - 1
  return asInt32(b, b.op('tflite::MAXIMUM', [b.op('tflite::MINIMUM', [v, b.scalar(end, 'int64')]), b.scalar(-end, 'int64')]))
}

const int = (b: Builder, n: number): Value => b.scalar(n, 'int32')

/** Rows for the named axes, [k, columns], put in the place of their axes, [rank, columns]; those of others are 0. */
function inPlace(b: Builder, rows: Value, chosen: Value | undefined, count: number, columns: number, rank: number): Value {
  if (chosen === undefined && count === rank) return rows
  const axes = chosen ? b.op('tflite::FLOOR_MOD', [asInt32(b, chosen), int(b, rank)]) : int32s(b, Array.from({ length: count }, (_, i) => i))
  const flags = b.op('tflite::ONE_HOT', [axes, int(b, rank), int(b, 1), int(b, 0)], { axis: 1 })
  const spread = b.op('tflite::MUL', [b.op('tflite::RESHAPE', [flags, int32s(b, [count, rank, 1])]), b.op('tflite::RESHAPE', [rows, int32s(b, [count, 1, columns])])])
  return b.op('tflite::SUM', [spread, int32s(b, [0])])
}

/** Slice by axes or steps that are made while the model runs. Undefined when their count is not known. */
export function sliceOpen(b: Builder, node: Node): Value | undefined {
  const [x, starts, ends, axes, steps] = node.inputs as [Value, Value, Value, Value | undefined, Value | undefined]
  const rank = rankOf(x)
  const count = [starts, ends, axes, steps].map(v => shapeOf(v)?.[0]).find(n => typeof n === 'number') as number | undefined
  if (rank === undefined || rank === 0 || count === undefined || count === 0) return undefined
  const put = (v: Value): Value => b.op('tflite::RESHAPE', [inPlace(b, v, axes, count, 1, rank), int32s(b, [rank])])
  const [shape, ones] = [runtimeShape(b, x), int32s(b, Array.from({ length: count }, () => 1))]
  const cut = put(ones)
  const open = b.op('tflite::SUB', [int(b, 1), cut])
  const begin = b.op('tflite::MAXIMUM', [put(clamped(b, starts)), b.op('tflite::SUB', [int(b, 0), shape])])
  const end = b.op('tflite::SELECT_V2', [b.op('tflite::EQUAL', [cut, int(b, 1)]), put(clamped(b, ends)), shape])
  const stride = steps ? b.op('tflite::ADD', [put(clamped(b, steps)), open]) : int32s(b, Array.from({ length: rank }, () => 1))
  return b.op('tflite::STRIDED_SLICE', [x, begin, end, stride])
}

export interface OpenPads {
  readonly rank: number
  readonly pads: Value
  readonly axes: Value | undefined
  readonly filler: Value | undefined
  readonly mode: string
}

/** Pad by pads or axes that are made while the model runs; negative ones cut. Undefined when their count is not known. */
export function padOpen(b: Builder, x: Value, { rank, pads, axes, filler, mode }: OpenPads): Value | undefined {
  const length = axes ? shapeOf(axes)?.[0] : rank
  if (typeof length !== 'number' || length === 0) return undefined
  const pairs = b.op('tflite::TRANSPOSE', [b.op('tflite::RESHAPE', [asInt32(b, pads), int32s(b, [2, length])]), int32s(b, [1, 0])])
  const rows = inPlace(b, pairs, axes, length, 2, rank)
  if (mode !== 'constant') return taken(b, x, rows, rank, mode)
  const known = elementsOf(pads)?.every(d => lowerBound(d) >= 0) === true
  const column = (v: Value, i: number): Value => b.op('tflite::RESHAPE', [b.op('tflite::SLICE', [v, int32s(b, [0, i]), int32s(b, [rank, 1])]), int32s(b, [rank])])
  let y = x
  if (!known) {
    const less = b.op('tflite::MAXIMUM', [b.op('tflite::SUB', [int(b, 0), rows]), int(b, 0)])
    y = b.op('tflite::STRIDED_SLICE', [x, column(less, 0), b.op('tflite::SUB', [runtimeShape(b, x), column(less, 1)]), int32s(b, Array.from({ length: rank }, () => 1))])
  }
  const grown = known ? rows : b.op('tflite::MAXIMUM', [rows, int(b, 0)])
  if (!filler || numbersIn(filler)?.[0] === 0 || numbersOf(filler)?.[0] === 0) return b.op('tflite::PAD', [y, grown])
  return b.op('tflite::PADV2', [y, grown, rankOf(filler) === 0 ? filler : elementAt(b, filler, 0)])
}

/** The elements that pads of a mode repeat, axis by axis, by indices that are worked out while the model runs. */
function taken(b: Builder, x: Value, rows: Value, rank: number, mode: string): Value {
  const flat = b.op('tflite::RESHAPE', [rows, int32s(b, [2 * rank])])
  const shape = shapeOf(x)!
  let y = x
  for (let axis = 0; axis < rank; axis++) {
    const stated = shape[axis]
    const size = typeof stated === 'number' ? int(b, stated) : elementAt(b, runtimeShape(b, x), axis)
    const before = elementAt(b, flat, 2 * axis)
    const places = b.op('tflite::RANGE', [b.op('tflite::SUB', [int(b, 0), before]), b.op('tflite::ADD', [size, elementAt(b, flat, 2 * axis + 1)]), int(b, 1)])
    const last = b.op('tflite::SUB', [size, int(b, 1)])
    let index: Value
    if (mode === 'edge') index = b.op('tflite::MINIMUM', [b.op('tflite::MAXIMUM', [places, int(b, 0)]), last])
    else if (mode === 'wrap') index = b.op('tflite::FLOOR_MOD', [places, size])
    else {
      const period = b.op('tflite::MAXIMUM', [b.op('tflite::MUL', [last, int(b, 2)]), int(b, 1)])
      const rest = b.op('tflite::FLOOR_MOD', [places, period])
      index = b.op('tflite::MINIMUM', [rest, b.op('tflite::MAXIMUM', [b.op('tflite::SUB', [period, rest]), int(b, 0)])])
    }
    y = b.op('tflite::GATHER', [y, index], { axis: axis || undefined })
  }
  return y
}
