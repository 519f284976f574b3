import type { Tensor } from '../../src/ir/tensor.ts'
import { contentKey, inMemory } from '../../src/run/constants.ts'
import type { Memory } from './memory.ts'
import { bytesForDevice } from './tensors.ts'

/** Constants on the GPU, equal ones once, for as long as something holds them. */
export class Weights {
  readonly #memory: Memory
  readonly #known = new Map<string, { readonly buffer: GPUBuffer; holders: number }>()
  #bytes = 0

  constructor(memory: Memory) {
    this.#memory = memory
  }
  get bytes(): number {
    return this.#bytes
  }
  /** The buffer with a tensor's elements, uploaded if they are not here; let go with `release`. */
  async hold(tensor: Tensor): Promise<GPUBuffer> {
    const key = contentKey(tensor)
    let known = this.#known.get(key)
    if (known === undefined) {
      const bytes = bytesForDevice(await inMemory(tensor))
      known = { buffer: this.#memory.allocate(bytes.byteLength, 'a weight'), holders: 0 }
      this.#memory.write(known.buffer, 0, bytes)
      this.#known.set(key, known)
      this.#bytes += known.buffer.size
    }
    known.holders++
    return known.buffer
  }
  release(tensor: Tensor): void {
    const key = contentKey(tensor)
    const known = this.#known.get(key)!
    if (--known.holders > 0) return
    this.#known.delete(key)
    this.#bytes -= known.buffer.size
    this.#memory.free(known.buffer)
  }
}
