const word = new Uint32Array(1)
const float = new Float32Array(word.buffer)

/** binary16 bits of float32 bits, to nearest, ties to even; what is too large becomes infinity (IEEE 754). */
function halfOf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000
  const size = bits & 0x7fffffff
  if (size >= 0x7f800000) return sign | (size > 0x7f800000 ? 0x7e00 : 0x7c00)
  if (size >= 0x38800000) return sign | Math.min(0x7c00, (size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13)
  // a sum with 0.5 leaves the multiple of 2^-24 in the low bits, rounded
  word[0] = size
  float[0]! += 0.5
  return sign | (word[0]! - 0x3f000000)
}

/** float32 elements as binary16 bits. */
export function toHalves(elements: Float32Array): Uint16Array {
  const bits = new Uint32Array(elements.buffer, elements.byteOffset, elements.length)
  const out = new Uint16Array(elements.length)
  for (let i = 0; i < out.length; i++) out[i] = halfOf(bits[i]!)
  return out
}

/** Relative L2 error of storing elements as binary16; infinite when a finite one becomes none. */
export function halfError(elements: Float32Array): number {
  let [error, size] = [0, 0]
  const bits = new Uint32Array(elements.buffer, elements.byteOffset, elements.length)
  for (let i = 0; i < elements.length; i++) {
    const half = halfOf(bits[i]!) & 0x7fff
    const whole = bits[i]! & 0x7fffffff
    if (whole >= 0x7f800000) continue
    if (half >= 0x7c00) return Infinity
    const x = Math.abs(elements[i]!)
    if (half >= 0x400) word[0] = (half << 13) + 0x38000000
    const y = half >= 0x400 ? float[0]! : half * 2 ** -24
    error += (x - y) * (x - y)
    size += x * x
  }
  return size === 0 ? 0 : Math.sqrt(error / size)
}
