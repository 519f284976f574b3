/** Four 32-bit words of random bits for a counter of four words and a key of two. */
export type Words = readonly [number, number, number, number]

const multipliers = [0xd2511f53, 0xcd9e8d57] as const
const steps = [0x9e3779b9, 0xbb67ae85] as const

/** The upper 32 bits of a product of two 32-bit words. */
function upperProduct(a: number, b: number): number {
  const [al, ah, bl, bh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16]
  const middle = ah * bl + ((al * bl) >>> 16)
  return (ah * bh + Math.floor(middle / 65536) + Math.floor(((middle % 65536) + al * bh) / 65536)) >>> 0
}

/** Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011). */
export function philox(counter: Words, key: readonly [number, number]): Words {
  let [a, b, c, d] = counter
  let [k0, k1] = key
  for (let round = 0; round < 10; round++) {
    const [m0, m1] = multipliers
    const next = [upperProduct(m1, c) ^ b ^ k0, Math.imul(m1, c), upperProduct(m0, a) ^ d ^ k1, Math.imul(m0, a)] as const
    ;[a, b, c, d] = next.map(w => w >>> 0) as [number, number, number, number]
    k0 = (k0 + steps[0]) >>> 0
    k1 = (k1 + steps[1]) >>> 0
  }
  return [a, b, c, d]
}
