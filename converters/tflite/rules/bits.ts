import { bitsOf } from '../../../src/ir/dtype.ts'
import type { DType } from '../../../src/ir/dtype.ts'
import type { Value } from '../../../src/ir/model.ts'
import { bytesOf } from '../../../src/ir/tensor.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { dtypeOf, numbersOf, stringOf } from '../../../src/passes/kit/values.ts'
import { tensorTypeOf } from '../dtypes.ts'
import { castTo, onNode } from './kit.ts'

const small: ReadonlySet<DType | undefined> = new Set<DType>(['int8', 'uint8', 'int16', 'uint16'])

const untyped = 'the element type is not known'

const xor = onNode('bitwise-xor', ['BitwiseXor', 'BitwiseNot'], (node, b, refuse) => {
  const [x, y] = node.inputs as [Value, Value]
  if (node.op === 'BitwiseXor') return b.op('tflite::BITWISE_XOR', [x, y])
  const dtype = dtypeOf(x)
  if (dtype === undefined) return refuse(untyped)
  if (dtype === 'int64') return b.op('tflite::SUB', [b.scalar(-1, 'int64'), x])
  return b.op('tflite::BITWISE_XOR', [x, b.bytes(dtype, [], new Uint8Array(bitsOf(dtype) / 8).fill(255))])
})

/** A sum holds the exclusive or once and what both have twice: x + y = (x ^ y) + 2 (x & y). */
const both = onNode('bitwise-and', ['BitwiseAnd', 'BitwiseOr'], (node, b, refuse) => {
  const [x, y] = node.inputs as [Value, Value]
  const dtype = dtypeOf(x)
  if (dtype === undefined) return refuse(untyped)
  const half = (p: Value, q: Value): Value => {
    const parts = b.op(node.op === 'BitwiseAnd' ? 'tflite::SUB' : 'tflite::ADD', [b.op('tflite::ADD', [p, q]), b.op('tflite::BITWISE_XOR', [p, q])])
    return b.op('tflite::RIGHT_SHIFT', [parts, b.scalar(1, 'int32')])
  }
  if (small.has(dtype)) return castTo(b, half(castTo(b, x, 'int32'), castTo(b, y, 'int32')), dtype)
  if (dtype !== 'int32') return refuse(`no operator takes the bits of ${dtype}`)
  // sums of 32 bits overflow: 16 at a time
  const high = (v: Value): Value => b.op('tflite::RIGHT_SHIFT', [v, b.scalar(16, 'int32')])
  const upper = (v: Value): Value => b.op('tflite::MUL', [v, b.scalar(65536, 'int32')])
  const low = (v: Value): Value => b.op('tflite::SUB', [v, upper(high(v))])
  return b.op('tflite::ADD', [upper(half(high(x), high(y))), half(low(x), low(y))])
})

/** A shift by less than nothing is one by the whole width, of which the sign is left. */
const shift = onNode('bit-shift', 'BitShift', (node, b, refuse) => {
  const [x, by] = node.inputs as [Value, Value]
  const dtype = dtypeOf(x)
  if (dtype === undefined || dtypeOf(by) === undefined) return refuse(untyped)
  const width = bitsOf(dtype)
  const fits = numbersOf(by)?.every(n => n >= 0 && n < width) === true
  if (stringOf(node, 'direction', '') === 'LEFT') {
    if (dtype !== 'int32' && dtype !== 'int64') return refuse(`MUL takes no ${dtype}`)
    return b.op('tflite::MUL', [x, b.op('tflite::GATHER', [powers(b, dtype), places(b, by, width)])])
  }
  if (fits || dtype === 'int32') {
    return b.op('tflite::RIGHT_SHIFT', [x, fits ? by : b.op('tflite::MINIMUM', [places(b, by, width), b.scalar(31, 'int32')])])
  }
  if (dtype !== 'uint32') return refuse(`RIGHT_SHIFT takes no ${dtype} by amounts that are not known`)
  const wide = castTo(b, by, 'int64')
  const counts = castTo(b, b.op('tflite::LESS', [wide, b.scalar(32, 'int64')]), 'int64')
  const shifted = b.op('tflite::RIGHT_SHIFT', [x, castTo(b, b.op('tflite::MINIMUM', [wide, b.scalar(31, 'int64')]), 'uint32')])
  return castTo(b, b.op('tflite::MUL', [castTo(b, shifted, 'int64'), counts]), 'uint32')
})

/** Amounts in int32, all that are none of the type's as its width. */
function places(b: Builder, by: Value, width: number): Value {
  const dtype = dtypeOf(by)!
  const least = b.op('tflite::LESS', [by, b.scalar(0, dtype)])
  return castTo(b, b.op('tflite::SELECT_V2', [least, b.scalar(width, dtype), b.op('tflite::MINIMUM', [by, b.scalar(width, dtype)])]), 'int32')
}

/** Powers of two as far as the type goes, then 0. */
function powers(b: Builder, dtype: 'int32' | 'int64'): Value {
  const width = bitsOf(dtype)
  const all = Array.from({ length: width + 1 }, (_, i) => BigInt.asIntN(width, 1n << BigInt(i)))
  return b.bytes(dtype, [width + 1], bytesOf(dtype === 'int64' ? BigInt64Array.from(all) : Int32Array.from(all, Number)))
}

const bitCast = onNode('bit-cast', 'BitCast', (node, b, refuse) => {
  const [from, to] = [dtypeOf(node.inputs[0]), dtypeOf(node.outputs[0])]
  if (from === undefined || to === undefined || tensorTypeOf(from) === undefined || tensorTypeOf(to) === undefined) return refuse(`the format has no ${from} or no ${to}`)
  return b.op('tflite::BITCAST', [node.inputs[0]], { output_types: { type: 'types', value: [node.outputs[0]!.type!] } })
})

export const bitRules = [xor, both, shift, bitCast]
