import type { Tensor } from '../../src/ir/tensor.ts'
import { bytesOf } from '../../src/ir/tensor.ts'
import { arrayOfTensor } from '../../src/ops/evaluate.ts'
import { contentKey, inMemory } from '../../src/run/constants.ts'
import type { Heap } from './heap.ts'

/** Constants in the heap, equal ones once, for as long as something holds them. */
export class Weights {
  readonly #heap: Heap
  readonly #known = new Map<string, { readonly at: number; readonly bytes: number; holders: number }>()
  #bytes = 0

  constructor(heap: Heap) {
    this.#heap = heap
  }
  get bytes(): number {
    return this.#bytes
  }
  /** The address of a tensor's elements, read from where they lie if they are not here; let go with `release(key)`. */
  async hold(tensor: Tensor): Promise<{ readonly at: number; readonly key: string }> {
    const key = contentKey(tensor)
    let known = this.#known.get(key)
    if (known === undefined) {
      const bytes = bytesOf(arrayOfTensor(await inMemory(tensor)))
      const at = this.#heap.allocate(bytes.byteLength)
      this.#heap.write(at, bytes)
      known = { at, bytes: bytes.byteLength, holders: 0 }
      this.#known.set(key, known)
      this.#bytes += bytes.byteLength
    }
    known.holders++
    return { at: known.at, key }
  }
  release(key: string): void {
    const known = this.#known.get(key)!
    if (--known.holders > 0) return
    this.#heap.free(known.at)
    this.#known.delete(key)
    this.#bytes -= known.bytes
  }
}
