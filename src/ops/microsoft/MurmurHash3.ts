import { bitsOf } from '../../ir/dtype.ts'
import { bytesOf, inlineTensor } from '../../ir/tensor.ts'
import type { Operator } from '../operator.ts'

const rotated = (x: number, by: number): number => (x << by) | (x >>> (32 - by))
const mixed = (k: number): number => Math.imul(rotated(Math.imul(k, 0xcc9e2d51), 15), 0x1b873593)

/** MurmurHash3_x86_32 (Appleby, SMHasher). */
function murmur(bytes: Uint8Array, seed: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const whole = bytes.length & ~3
  let h = seed
  for (let i = 0; i < whole; i += 4) h = (Math.imul(rotated(h ^ mixed(view.getInt32(i, true)), 13), 5) + 0xe6546b64) | 0
  let rest = 0
  for (let i = bytes.length - 1; i >= whole; i--) rest = (rest << 8) | bytes[i]!
  h ^= mixed(rest) ^ bytes.length
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** A hash of each element: of its bytes, of a string's UTF-8. */
export const MurmurHash3: Operator = {
  name: 'MurmurHash3',
  domain: 'com.microsoft',
  infer: ctx => ctx.output(0, ctx.attributes.int('positive', 1) === 0 ? 'int32' : 'uint32', ctx.shape(0)),
  evaluate(ctx) {
    const x = ctx.tensor(0)
    const seed = ctx.attributes.int('seed', 0)
    const encoder = new TextEncoder()
    const width = bitsOf(x.dtype) / 8
    const bytes = x.strings ? undefined : x.peek()!
    const parts = x.strings ? x.strings.map(s => encoder.encode(s)) : Array.from({ length: bytes!.length / width }, (_, i) => bytes!.subarray(i * width, (i + 1) * width))
    return [inlineTensor(ctx.outputDType(0), x.shape, bytesOf(Int32Array.from(parts, p => murmur(p, seed))))]
  },
}
