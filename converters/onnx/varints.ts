import type { DType } from '../../src/ir/dtype.ts'
import { bitsOf } from '../../src/ir/dtype.ts'

/**
 * Elements out of packed varints, as int32_data, int64_data and uint64_data hold them: `size` bytes. 6-bit elements
 * stand alone in a number, smaller ones share the low byte of one as they do in memory. Undefined unless there are exactly `entries` numbers.
 */
export function unpackVarints(dtype: DType, packed: Uint8Array, entries: number, size: number): Uint8Array | undefined {
  const out = new Uint8Array(size)
  const view = new DataView(out.buffer)
  const bits = bitsOf(dtype)
  const width = Math.max(1, bits >> 3)
  let at = 0
  for (let i = 0; i < entries; i++) {
    let low = 0
    let high = 0
    for (let shift = 0; ; shift += 7) {
      if (at >= packed.length || shift > 63) return undefined
      const byte = packed[at++]!
      const seven = byte & 127
      if (shift < 28) low |= seven << shift
      else if (shift === 28) {
        low |= seven << 28
        high |= seven >> 4
      } else high |= seven << (shift - 32)
      if (byte < 128) break
    }
    if (bits === 6) {
      const bit = i * 6
      const pair = (low & 63) << (bit & 7)
      out[bit >> 3]! |= pair
      if (pair > 255) out[(bit >> 3) + 1]! |= pair >> 8
    } else if (width === 8) {
      view.setInt32(i * 8, low, true)
      view.setInt32(i * 8 + 4, high, true)
    } else if (width === 4) view.setInt32(i * 4, low, true)
    else if (width === 2) view.setInt16(i * 2, low, true)
    else out[i] = low
  }
  return at === packed.length ? out : undefined
}
