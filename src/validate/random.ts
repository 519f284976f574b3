/** A seeded stream of numbers: sfc32, after PractRand. The same seed gives the same stream everywhere. */
export class Random {
  #a: number
  #b: number
  #c: number
  #d = 1
  constructor(seed: number) {
    this.#a = seed | 0
    this.#b = 0x9e3779b9 | 0
    this.#c = 0x243f6a88 | 0
    for (let i = 0; i < 15; i++) this.bits()
  }
  /** 32 bits as an unsigned integer. */
  bits(): number {
    const t = (((this.#a + this.#b) | 0) + this.#d) | 0
    this.#d = (this.#d + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t | 0
    return t >>> 0
  }
  /** Uniform in [0, 1). */
  uniform(): number {
    return this.bits() / 2 ** 32
  }
  /** An integer from low up to, not including, high. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low))
  }
  /** Normal with mean 0 and deviation 1 (Box and Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.uniform())) * Math.cos(2 * Math.PI * this.uniform())
  }
}
