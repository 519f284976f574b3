import * as flexbuffers from 'flatbuffers/js/flexbuffers.js'
import { describe, expect, it } from 'vitest'
import { FlatError } from './flatbuffer.ts'
import { decodeFlexbuffer } from './flexbuffer.ts'

// written by FlexBuffers' own library
const encode = (value: unknown): Uint8Array => flexbuffers.encode(value)
const options = { height: 16, scale: 1.5, far: -70000, name: 'naïve', on: true, none: null, indices: [61, 146, 291, 0], mixed: [1, 'a', { deep: [0.25, -0.5] }], empty: [] }

describe('FlexBuffers', () => {
  it('are read as their own library writes them', () => {
    expect(decodeFlexbuffer(encode(options))).toEqual(options)
    for (const value of [5, -1, 2.5, 2 ** 40, 'text', [1, 2, 3], [1, 2 ** 40], [0.1, 0.7], [true, false]]) expect(decodeFlexbuffer(encode(value))).toEqual(value)
  })

  it('that were cut off or changed give coded errors only', () => {
    const bytes = encode(options)
    let seed = 7
    const random = (n: number): number => (seed = (seed * 48271) % 2147483647) % n
    let refused = 0
    for (let i = 0; i < 5000; i++) {
      const changed = bytes.slice(random(4) === 0 ? random(bytes.length) : 0)
      for (let k = random(4); k >= 0 && changed.length > 0; k--) changed[random(changed.length)] = random(256)
      try {
        decodeFlexbuffer(changed)
      } catch (error) {
        if (!(error instanceof FlatError)) throw error
        refused++
      }
    }
    expect(refused).toBeGreaterThan(1000)
  })
})
