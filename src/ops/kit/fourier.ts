/** Transforms a complex signal in place. */
export type Transform = (re: Float64Array, im: Float64Array) => void

/** cos and sin of -2 pi k / n, from the first eighth of the circle, so that no angle loses bits. */
function rootOfUnity(k: number, n: number): readonly [number, number] {
  const eighth = Math.floor((8 * k) / n)
  const angle = (turns: number): number => (2 * Math.PI * turns) / n
  switch (eighth) {
    case 0: return [Math.cos(angle(k)), -Math.sin(angle(k))]
    case 1: return [Math.sin(angle(n / 4 - k)), -Math.cos(angle(n / 4 - k))]
    case 2: return [-Math.sin(angle(k - n / 4)), -Math.cos(angle(k - n / 4))]
    case 3: return [-Math.cos(angle(n / 2 - k)), -Math.sin(angle(n / 2 - k))]
    case 4: return [-Math.cos(angle(k - n / 2)), Math.sin(angle(k - n / 2))]
    case 5: return [-Math.sin(angle((3 * n) / 4 - k)), Math.cos(angle((3 * n) / 4 - k))]
    case 6: return [Math.sin(angle(k - (3 * n) / 4)), Math.cos(angle(k - (3 * n) / 4))]
    default: return [Math.cos(angle(n - k)), Math.sin(angle(n - k))]
  }
}

/** exp(-2 pi j k / n) for k from 0 to `count` - 1, as real and imaginary parts. */
export function rootsOfUnity(n: number, count: number): readonly [Float64Array, Float64Array] {
  const [re, im] = [new Float64Array(count), new Float64Array(count)]
  for (let k = 0; k < count; k++) [re[k], im[k]] = rootOfUnity(k % n, n) as [number, number]
  return [re, im]
}

/** Cooley and Tukey's transform of a power of two, decimation in time. */
function powerOfTwo(n: number): Transform {
  const [c, s] = rootsOfUnity(n, n >> 1)
  const reversed = new Uint32Array(n)
  for (let i = 1; i < n; i++) reversed[i] = (reversed[i >> 1]! >> 1) | (i & 1 ? n >> 1 : 0)
  return (re, im) => {
    for (let i = 0; i < n; i++) {
      const j = reversed[i]!
      if (i < j) {
        const x = re[i]!
        const y = im[i]!
        re[i] = re[j]!
        im[i] = im[j]!
        re[j] = x
        im[j] = y
      }
    }
    for (let half = 1; half < n; half *= 2) {
      const step = n / (2 * half)
      for (let start = 0; start < n; start += 2 * half)
        for (let k = 0; k < half; k++) {
          const p = start + k
          const q = p + half
          const wr = c[k * step]!
          const wi = s[k * step]!
          const xr = re[q]! * wr - im[q]! * wi
          const xi = re[q]! * wi + im[q]! * wr
          const yr = re[p]!
          const yi = im[p]!
          re[q] = yr - xr
          im[q] = yi - xi
          re[p] = yr + xr
          im[p] = yi + xi
        }
    }
  }
}

/** Bluestein's transform: any length as a convolution with a chirp, in transforms of a power of two. */
function chirp(n: number): Transform {
  let size = 1
  while (size < 2 * n - 1) size *= 2
  const inner = powerOfTwo(size)
  const [c, s] = [new Float64Array(n), new Float64Array(n)]
  // k*k modulo 2n, without large numbers
  for (let k = 0, square = 0; k < n; square = (square + 2 * k + 1) % (2 * n), k++) [c[k], s[k]] = rootOfUnity(square, 2 * n) as [number, number]
  const [fr, fi] = [new Float64Array(size), new Float64Array(size)]
  for (let k = 0; k < n; k++) {
    fr[k] = fr[(size - k) % size] = c[k]!
    fi[k] = fi[(size - k) % size] = -s[k]!
  }
  inner(fr, fi)
  const [ar, ai] = [new Float64Array(size), new Float64Array(size)]
  return (re, im) => {
    ar.fill(0)
    ai.fill(0)
    for (let k = 0; k < n; k++) {
      ar[k] = re[k]! * c[k]! - im[k]! * s[k]!
      ai[k] = re[k]! * s[k]! + im[k]! * c[k]!
    }
    inner(ar, ai)
    // the inverse transform is the transform with its parts exchanged
    for (let k = 0; k < size; k++) {
      const xr = ar[k]! * fr[k]! - ai[k]! * fi[k]!
      ar[k] = ar[k]! * fi[k]! + ai[k]! * fr[k]!
      ai[k] = xr
    }
    inner(ar, ai)
    for (let k = 0; k < n; k++) {
      const xr = ai[k]! / size
      const xi = ar[k]! / size
      re[k] = xr * c[k]! - xi * s[k]!
      im[k] = xr * s[k]! + xi * c[k]!
    }
  }
}

/** Points of a transform, at most: beyond these its tables alone take gigabytes. */
export const pointLimit = 2 ** 25

/** X[k] = sum over m of x[m] exp(-2 pi j k m / n), of any length n, in O(n log n) time, in double precision. */
export const fourier = (n: number): Transform => (n < 2 ? () => undefined : (n & (n - 1)) === 0 ? powerOfTwo(n) : chirp(n))

/** How a transform's input becomes its output: lengths along the axis, parts (1 real, 2 complex), direction, halves left out. */
export interface Spectrum {
  /** Of the input; cut or filled with zeros to what the transform takes. */
  readonly given: number
  readonly parts: number
  readonly length: number
  readonly inverse: boolean
  readonly onesided: boolean
}

/** Elements along the axis of the output. */
export const binsOf = ({ length, inverse, onesided }: Pick<Spectrum, 'length' | 'inverse' | 'onesided'>): number => (onesided && !inverse ? Math.floor(length / 2) + 1 : length)

/** The output's parts: a transform back from half a spectrum is real. */
export const partsOf = ({ inverse, onesided }: Pick<Spectrum, 'inverse' | 'onesided'>): number => (onesided && inverse ? 1 : 2)

/** The input's elements that count. */
const taken = ({ given, length, inverse, onesided }: Spectrum): number => Math.min(given, onesided && inverse ? Math.floor(length / 2) + 1 : length)

/** The linear map from [given, parts] to [bins, parts out], row-major: what `spectrumOf` does, as a matrix. */
export function fourierMatrix(spectrum: Spectrum): Float64Array {
  const { given, parts, length, inverse, onesided } = spectrum
  const [bins, out] = [binsOf(spectrum), partsOf(spectrum)]
  const matrix = new Float64Array(given * parts * bins * out)
  const [c, s] = rootsOfUnity(length, length)
  const scale = inverse ? 1 / length : 1
  for (let m = 0; m < taken(spectrum); m++)
    for (let k = 0; k < bins; k++) {
      const turn = Number((BigInt(m) * BigInt(k)) % BigInt(length))
      const twice = onesided && inverse && m > 0 && 2 * m !== length ? 2 : 1
      const [re, im] = [c[turn]! * scale * twice, (inverse ? -1 : 1) * s[turn]! * scale * twice]
      for (let p = 0; p < parts; p++) {
        const at = ((m * parts + p) * bins + k) * out
        // a real input gives (re, im), an imaginary one j times that
        matrix[at] = p === 0 ? re : -im
        if (out === 2) matrix[at + 1] = p === 0 ? im : re
      }
    }
  return matrix
}

/** A transform of signals of one form: reads [given, parts] at `from` with a stride, writes [bins, parts out] at `to`. */
export function spectrumOf(spectrum: Spectrum): (x: ArrayLike<number>, from: number, stride: number, y: Float64Array, to: number, outStride: number) => void {
  const { parts, length, inverse, onesided } = spectrum
  const [bins, out, count] = [binsOf(spectrum), partsOf(spectrum), taken(spectrum)]
  const run = fourier(length)
  const [re, im] = [new Float64Array(length), new Float64Array(length)]
  return (x, from, stride, y, to, outStride) => {
    re.fill(0)
    im.fill(0)
    for (let m = 0; m < count; m++) {
      re[m] = x[from + m * stride]!
      if (parts === 2) im[m] = x[from + m * stride + 1]!
    }
    if (onesided && inverse) {
      im[0] = 0
      if (length % 2 === 0) im[length / 2] = 0
      for (let m = 1; 2 * m < length; m++) {
        re[length - m] = re[m]!
        im[length - m] = -im[m]!
      }
    }
    if (inverse) run(im, re)
    else run(re, im)
    const scale = inverse ? length : 1
    for (let k = 0; k < bins; k++) {
      y[to + k * outStride] = re[k]! / scale
      if (out === 2) y[to + k * outStride + 1] = im[k]! / scale
    }
  }
}
