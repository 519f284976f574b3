import type { DType } from '../../../src/ir/dtype.ts'
import { bitsOf } from '../../../src/ir/dtype.ts'
import type { Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { numberOfDType } from '../../../src/ops/kit/datatype.ts'
import { dtypeOf } from '../operator.ts'

const unsigned = new Map<number, DType>([[8, 'uint8'], [16, 'uint16'], [32, 'uint32'], [64, 'uint64']])

const cast = (b: Builder, value: Value, to: DType): Value => (dtypeOf(value) === to ? value : b.op('Cast', [value], { to: numberOfDType(to) }))

/** The same bits as another element type of the same width. */
export const bitsAs = (b: Builder, value: Value, to: DType): Value => (dtypeOf(value) === to ? value : b.op('BitCast', [value], { to: numberOfDType(to) }))

/** Elements cut into narrower ones along a new last axis, the lowest bits first. Undefined for widths beyond 64 bits. */
export function cutBits(b: Builder, value: Value, to: DType): Value | undefined {
  const from = dtypeOf(value)
  const [whole, part] = [unsigned.get(from ? bitsOf(from) : 0), unsigned.get(bitsOf(to))]
  if (from === undefined || whole === undefined || part === undefined) return undefined
  const amounts = b.ints(Array.from({ length: bitsOf(from) / bitsOf(to) }, (_, i) => i * bitsOf(to)))
  const shifted = b.op('BitShift', [b.op('Unsqueeze', [bitsAs(b, value, whole), b.ints([-1])]), cast(b, amounts, whole)], { direction: 'RIGHT' })
  return bitsAs(b, cast(b, shifted, part), to)
}

/** Elements joined along the last axis into wider ones, the lowest bits first: what `cutBits` cuts. */
export function joinBits(b: Builder, value: Value, to: DType): Value | undefined {
  const from = dtypeOf(value)
  const [part, whole] = [unsigned.get(from ? bitsOf(from) : 0), unsigned.get(bitsOf(to))]
  if (from === undefined || whole === undefined || part === undefined) return undefined
  const summed: DType = whole === 'uint64' ? 'uint64' : 'uint32'
  const amounts = b.ints(Array.from({ length: bitsOf(to) / bitsOf(from) }, (_, i) => i * bitsOf(from)))
  const placed = b.op('BitShift', [cast(b, bitsAs(b, value, part), summed), cast(b, amounts, summed)], { direction: 'LEFT' })
  return bitsAs(b, cast(b, b.op('ReduceSum', [placed, b.ints([-1])], { keepdims: false }), whole), to)
}
