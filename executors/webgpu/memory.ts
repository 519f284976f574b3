import { bufferUsage, mapRead } from './constants.ts'
import { deviceFailed, memoryExceeded } from './diagnostics.ts'
import type { Device } from './device.ts'
import type { Profiler } from './profiler.ts'

/** A stretch of a GPU buffer, in bytes. */
export interface Region {
  readonly buffer: GPUBuffer
  readonly offset: number
  readonly bytes: number
}

const words = (bytes: number): number => Math.ceil(bytes / 4) * 4

/**
 * A device's buffers, and the commands for it: recorded in order, submitted together when something on the host depends on
 * them. Throws `executor.webgpu.memory`, `.failed`, `.lost`.
 */
export class Memory {
  readonly device: Device
  /** What all buffers take now and took at most. */
  bytes = 0
  peakBytes = 0
  submits = 0
  dispatches = 0
  /** Bytes moved between host and GPU. */
  uploaded = 0
  downloaded = 0
  /** Times kernels while it is there. */
  profiler: Profiler | undefined
  #encoder: GPUCommandEncoder | undefined
  #pass: GPUComputePassEncoder | undefined
  /** Free to be copied to and mapped. */
  readonly #staging: GPUBuffer[] = []

  constructor(device: Device) {
    this.device = device
  }

  /** Storage for at least this many bytes. `what` names it in an error. */
  allocate(bytes: number, what: string): GPUBuffer {
    const size = Math.max(16, words(bytes))
    const limit = this.device.profile.bufferBytes
    if (size > limit) throw memoryExceeded(what, size, limit)
    const buffer = this.device.gpu.createBuffer({ size, usage: bufferUsage.storage | bufferUsage.copySource | bufferUsage.copyTarget })
    this.bytes += size
    this.peakBytes = Math.max(this.peakBytes, this.bytes)
    return buffer
  }
  /** Gives a buffer back once the commands that use it are submitted. */
  free(buffer: GPUBuffer): void {
    this.bytes -= buffer.size
    this.flush()
    buffer.destroy()
  }

  /** Writes what earlier commands do not see and later ones do. */
  write(to: GPUBuffer, offset: number, bytes: Uint8Array): void {
    this.flush()
    const size = words(bytes.byteLength)
    let whole = bytes
    if (size !== bytes.byteLength) {
      whole = new Uint8Array(size)
      whole.set(bytes)
    }
    if (size > 0) this.device.gpu.queue.writeBuffer(to, offset, whole as Uint8Array<ArrayBuffer>)
    this.uploaded += size
  }

  dispatch(pipeline: GPUComputePipeline, bindings: GPUBindGroup, [x, y, z]: readonly [number, number, number], label = ''): void {
    if (this.profiler) {
      this.#endPass()
      if (this.profiler.full) this.flush()
      this.#pass = this.profiler.begin(this.#commands(), label)
    }
    this.#pass ??= this.#commands().beginComputePass()
    this.#pass.setPipeline(pipeline)
    this.#pass.setBindGroup(0, bindings)
    this.#pass.dispatchWorkgroups(x, y, z)
    this.dispatches++
  }
  copy(from: Region, to: GPUBuffer, offset: number): void {
    this.#endPass()
    if (from.bytes > 0) this.#commands().copyBufferToBuffer(from.buffer, from.offset, to, offset, words(from.bytes))
  }

  flush(): void {
    this.#endPass()
    if (!this.#encoder) return
    this.profiler?.resolve(this.#encoder)
    this.device.gpu.queue.submit([this.#encoder.finish()])
    this.submits++
    this.#encoder = undefined
  }

  /** The bytes of some regions when all commands so far are done. */
  async read(regions: readonly Region[]): Promise<Uint8Array[]> {
    const starts: number[] = []
    let total = 0
    for (const r of regions) {
      starts.push(total)
      total += words(r.bytes)
    }
    const staging = this.#stagingOf(total)
    regions.forEach((r, i) => this.copy(r, staging, starts[i]!))
    this.flush()
    this.check()
    try {
      await staging.mapAsync(mapRead, 0, Math.max(4, total))
    } catch (e) {
      staging.destroy()
      throw this.device.fault() ?? deviceFailed('read a result', e)
    }
    const mapped = new Uint8Array(staging.getMappedRange(0, Math.max(4, total)))
    const out = regions.map((r, i) => mapped.slice(starts[i]!, starts[i]! + r.bytes))
    staging.unmap()
    this.#staging.push(staging)
    this.downloaded += total
    this.check()
    return out
  }

  /** Throws what the device has reported. */
  check(): void {
    const fault = this.device.fault()
    if (fault) throw fault
  }

  dispose(): void {
    for (const staging of this.#staging.splice(0)) staging.destroy()
  }

  #commands(): GPUCommandEncoder {
    return (this.#encoder ??= this.device.gpu.createCommandEncoder())
  }
  #endPass(): void {
    this.#pass?.end()
    this.#pass = undefined
  }
  #stagingOf(bytes: number): GPUBuffer {
    const at = this.#staging.findIndex(b => b.size >= bytes)
    if (at >= 0) return this.#staging.splice(at, 1)[0]!
    this.#staging.pop()?.destroy()
    return this.device.gpu.createBuffer({ size: Math.max(4096, 2 ** Math.ceil(Math.log2(Math.max(1, bytes)))), usage: bufferUsage.mapRead | bufferUsage.copyTarget })
  }
}
