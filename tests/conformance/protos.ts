import protobuf from 'protobufjs/minimal.js'
import type { DType } from '../../src/ir/dtype.ts'
import { bitsOf, byteLengthOf } from '../../src/ir/dtype.ts'
import type { Datum, Tensor } from '../../src/ir/tensor.ts'
import { inlineTensor, reshapedTensor, stringTensor } from '../../src/ir/tensor.ts'
import { elementCount } from '../../src/ir/types.ts'
import { tensorOfElements } from '../../src/ops/kit/elements.ts'
import { joinAlong } from '../../src/ops/kit/host.ts'

/** A reader of test vectors that shares nothing with converters/onnx. Field numbers from onnx.proto of the onnx package. */
const dtypes: Readonly<Record<number, DType>> = {
  1: 'float32', 2: 'uint8', 3: 'int8', 4: 'uint16', 5: 'int16', 6: 'int32', 7: 'int64', 8: 'string', 9: 'bool', 10: 'float16', 11: 'float64', 12: 'uint32', 13: 'uint64',
  14: 'complex64', 15: 'complex128', 16: 'bfloat16', 17: 'float8e4m3fn', 18: 'float8e4m3fnuz', 19: 'float8e5m2', 20: 'float8e5m2fnuz', 21: 'uint4', 22: 'int4', 23: 'float4e2m1',
  24: 'float8e8m0', 25: 'uint2', 26: 'int2',
}

type Field = (number: number, wire: number, reader: protobuf.Reader) => void

function eachField(bytes: Uint8Array, f: Field): void {
  const reader = protobuf.Reader.create(bytes)
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    f(tag >>> 3, tag & 7, reader)
  }
}

function packed<T>(reader: protobuf.Reader, wire: number, one: () => T, into: T[]): void {
  if (wire !== 2) return void into.push(one())
  const end = reader.uint32() + reader.pos
  while (reader.pos < end) into.push(one())
}

const big = (long: unknown): bigint => BigInt(String(long))

/** A serialized TensorProto. */
export function decodeTensor(bytes: Uint8Array): Tensor {
  const dims: bigint[] = []
  const [numbers, ints, strings]: [number[], bigint[], string[]] = [[], [], []]
  let dtype = 'float32' as DType
  let raw: Uint8Array | undefined
  eachField(bytes, (field, wire, r) => {
    if (field === 1) packed(r, wire, () => big(r.int64()), dims)
    else if (field === 2) dtype = dtypes[r.int32()]!
    else if (field === 4) packed(r, wire, () => r.float(), numbers)
    else if (field === 5) packed(r, wire, () => r.int32(), numbers)
    else if (field === 6) strings.push(new TextDecoder().decode(r.bytes()))
    else if (field === 7) packed(r, wire, () => big(r.int64()), ints)
    else if (field === 9) raw = r.bytes().slice()
    else if (field === 10) packed(r, wire, () => r.double(), numbers)
    else if (field === 11) packed(r, wire, () => big(r.uint64()), ints)
    else r.skipType(wire)
  })
  const shape = dims.map(Number)
  if (dtype === 'string') return stringTensor(shape, strings)
  if (raw) return inlineTensor(dtype, shape, raw)
  const out = new Uint8Array(byteLengthOf(dtype, elementCount(shape)))
  const view = new DataView(out.buffer)
  const bits = bitsOf(dtype)
  ints.forEach((n, i) => (bits === 64 ? view.setBigUint64(i * 8, BigInt.asUintN(64, n), true) : view.setUint32(i * 4, Number(n), true)))
  numbers.forEach((n, i) => {
    if (dtype === 'float64' || dtype === 'complex128') view.setFloat64(i * 8, n, true)
    else if (dtype === 'float32' || dtype === 'complex64') view.setFloat32(i * 4, n, true)
    else if (bits === 32) view.setInt32(i * 4, n, true)
    else if (bits === 16) view.setInt16(i * 2, n, true)
    else view.setInt8(i, n)
  })
  return inlineTensor(dtype, shape, out)
}

function decodeSequence(bytes: Uint8Array): Datum {
  const out: Datum[] = []
  eachField(bytes, (field, wire, r) => {
    if (field === 3) out.push(decodeTensor(r.bytes()))
    else if (field === 5) out.push(decodeSequence(r.bytes()))
    else if (field === 6) out.push(decodeMap(r.bytes()))
    else if (field === 7) out.push(decodeOptional(r.bytes()))
    else r.skipType(wire)
  })
  return out
}

/** A serialized MapProto whose values are tensors of one shape. */
function decodeMap(bytes: Uint8Array): Datum {
  let dtype = 'int64' as DType
  const [ints, strings]: [bigint[], string[]] = [[], []]
  let values: readonly Tensor[] = []
  eachField(bytes, (field, wire, r) => {
    if (field === 2) dtype = dtypes[r.int32()]!
    else if (field === 3) packed(r, wire, () => big(r.int64()), ints)
    else if (field === 4) strings.push(new TextDecoder().decode(r.bytes()))
    else if (field === 5) values = decodeSequence(r.bytes()) as Tensor[]
    else r.skipType(wire)
  })
  const keys = dtype === 'string' ? stringTensor([strings.length], strings) : tensorOfElements(dtype, [ints.length], ints, 'int64', { saturate: true, rounding: 'up' })
  const stacked = values.map(v => reshapedTensor(v, [1, ...v.shape]))
  return { keys, values: stacked.length > 0 ? joinAlong(stacked, 0) : inlineTensor('float32', [0], new Uint8Array(0)) }
}

function decodeOptional(bytes: Uint8Array): Datum {
  let out: Datum = null
  eachField(bytes, (field, wire, r) => {
    if (field === 3) out = decodeTensor(r.bytes())
    else if (field === 5) out = decodeSequence(r.bytes())
    else if (field === 6) out = decodeMap(r.bytes())
    else if (field === 7) out = decodeOptional(r.bytes())
    else r.skipType(wire)
  })
  return out
}

export type Kind = 'tensor' | 'sequence' | 'optional' | 'map'

const decoders: Readonly<Record<Kind, (bytes: Uint8Array) => Datum>> = { tensor: decodeTensor, sequence: decodeSequence, optional: decodeOptional, map: decodeMap }
/** A serialized input or output of a node test. */
export const decodeDatum = (kind: Kind, bytes: Uint8Array): Datum => decoders[kind](bytes)
