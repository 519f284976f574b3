import { lowestAddress } from '../../src/expr/wasm/print.ts'
import { memoryExceeded, memoryRefused } from './diagnostics.ts'

const page = 65536
/** What a WebAssembly memory with 32-bit addresses can hold. */
const limit = 65536 * page
/** Blocks begin at multiples of a cache line, and end with as much to spare, so that vector loads may run over. */
export const line = 64

function newMemory(): WebAssembly.Memory {
  try {
    return new WebAssembly.Memory({ initial: 1, maximum: 65536 })
  } catch {
    throw memoryRefused(page)
  }
}

/** Blocks of one growing WebAssembly memory. */
export class Heap {
  readonly memory = newMemory()
  /** Free stretches by address, none touching. */
  #free: { at: number; size: number }[] = [{ at: lowestAddress, size: page - lowestAddress }]
  readonly #sizes = new Map<number, number>()
  #used = 0
  #peak = 0

  get used(): number {
    return this.#used
  }
  get peak(): number {
    return this.#peak
  }

  /** The address of a block of at least this size, its contents undefined. Throws `run.memory.exceeded` or `run.memory.refused`. */
  allocate(bytes: number): number {
    const size = Math.ceil(bytes / line) * line + line
    let found = this.#free.find(f => f.size >= size)
    if (found === undefined) {
      this.#grow(size)
      found = this.#free.find(f => f.size >= size)!
    }
    const at = found.at
    found.at += size
    found.size -= size
    if (found.size === 0) this.#free.splice(this.#free.indexOf(found), 1)
    this.#sizes.set(at, size)
    this.#used += size
    this.#peak = Math.max(this.#peak, this.#used)
    return at
  }

  free(at: number): void {
    const size = this.#sizes.get(at)!
    this.#sizes.delete(at)
    this.#used -= size
    this.#give(at, size)
  }

  #give(at: number, size: number): void {
    let i = this.#free.findIndex(f => f.at > at)
    if (i < 0) i = this.#free.length
    this.#free.splice(i, 0, { at, size })
    const [before, here, after] = [this.#free[i - 1], this.#free[i]!, this.#free[i + 1]]
    if (after && here.at + here.size === after.at) {
      here.size += after.size
      this.#free.splice(i + 1, 1)
    }
    if (before && before.at + before.size === here.at) {
      before.size += here.size
      this.#free.splice(i, 1)
    }
  }

  #grow(size: number): void {
    const now = this.memory.buffer.byteLength
    const last = this.#free.at(-1)
    const open = last && last.at + last.size === now ? last.size : 0
    const pages = Math.ceil((size - open) / page)
    if (now + pages * page > limit) throw memoryExceeded(now + pages * page)
    try {
      this.memory.grow(pages)
    } catch {
      throw memoryRefused(now + pages * page)
    }
    this.#give(now, pages * page)
  }

  write(at: number, bytes: Uint8Array): void {
    new Uint8Array(this.memory.buffer, at, bytes.byteLength).set(bytes)
  }
  /** A copy. */
  read(at: number, byteLength: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, at, byteLength).slice()
  }
}
