import type { PartTime } from '../../src/spi/executor.ts'
import { bufferUsage, mapRead } from './constants.ts'
import type { Device } from './device.ts'

/** Kernels that are timed between two submits: two queries each, of the 4,096 that WebGPU gives a set. */
const most = 1024

/**
 * Times kernels, each in a pass of its own: by timestamp queries (WebGPU, section 20.2) where the device has them, else by the clock, from submit to done.
 */
export class Profiler {
  readonly #device: Device
  readonly #tell: (part: PartTime) => void
  readonly #set: GPUQuerySet | undefined
  readonly #resolved: GPUBuffer | undefined
  #labels: string[] = []
  readonly #waiting: { readonly labels: readonly string[]; readonly buffer: GPUBuffer }[] = []

  constructor(device: Device, tell: (part: PartTime) => void) {
    this.#device = device
    this.#tell = tell
    if (!device.profile.timestamps) return
    this.#set = device.gpu.createQuerySet({ type: 'timestamp', count: 2 * most })
    this.#resolved = device.gpu.createBuffer({ size: 16 * most, usage: bufferUsage.queryResolve | bufferUsage.copySource })
  }
  /** Whether what was recorded must be submitted before more can be timed. */
  get full(): boolean {
    return this.#labels.length === (this.#set ? most : 1)
  }
  /** A pass for one kernel. */
  begin(encoder: GPUCommandEncoder, label: string): GPUComputePassEncoder {
    if (!this.#set) this.#labels = []
    const at = 2 * (this.#labels.push(label) - 1)
    return encoder.beginComputePass(this.#set && { timestampWrites: { querySet: this.#set, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 } })
  }
  /** Before commands are submitted. */
  resolve(encoder: GPUCommandEncoder): void {
    const count = this.#labels.length
    if (!this.#set || count === 0) return
    const buffer = this.#device.gpu.createBuffer({ size: 16 * count, usage: bufferUsage.mapRead | bufferUsage.copyTarget })
    encoder.resolveQuerySet(this.#set, 0, 2 * count, this.#resolved!, 0)
    encoder.copyBufferToBuffer(this.#resolved!, 0, buffer, 0, 16 * count)
    this.#waiting.push({ labels: this.#labels, buffer })
    this.#labels = []
  }
  /** Without timestamps: waits for the kernel that was recorded last. */
  async settle(submit: () => void): Promise<void> {
    if (this.#set) return
    const name = this.#labels.splice(0).join()
    const began = performance.now()
    submit()
    await this.#device.gpu.queue.onSubmittedWorkDone()
    this.#tell({ name, where: 'gpu', milliseconds: performance.now() - began })
  }
  /** What the host did meanwhile. */
  host(name: string, milliseconds: number): void {
    this.#tell({ name, where: 'host', milliseconds })
  }
  /** Tells the times of all kernels. */
  async finish(): Promise<void> {
    for (const { labels, buffer } of this.#waiting.splice(0)) {
      await buffer.mapAsync(mapRead)
      const nanoseconds = new BigUint64Array(buffer.getMappedRange().slice(0))
      labels.forEach((name, i) => this.#tell({ name, where: 'gpu', milliseconds: Math.max(0, Number(nanoseconds[2 * i + 1]! - nanoseconds[2 * i]!) / 1e6) }))
      buffer.destroy()
    }
    this.#set?.destroy()
    this.#resolved?.destroy()
  }
}
