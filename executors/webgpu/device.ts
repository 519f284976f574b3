import type { LapidaryError } from '../../src/diag/diagnostic.ts'
import { adapterMissing, deviceFailed, deviceLost, webgpuMissing } from './diagnostics.ts'
import type { Profile } from './profile.ts'

/** A device that is open, and what is known of it. */
export interface Device {
  readonly gpu: GPUDevice
  readonly profile: Profile
  readonly name: string
  /** Set when the device is lost or has reported an error that nothing waited for. */
  readonly fault: () => LapidaryError | undefined
  close(): void
}

const wantedFeatures = ['shader-f16', 'subgroups', 'timestamp-query'] as const
const wantedLimits = [
  'maxStorageBufferBindingSize', 'maxBufferSize', 'maxStorageBuffersPerShaderStage', 'maxComputeInvocationsPerWorkgroup', 'maxComputeWorkgroupSizeX', 'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupStorageSize', 'maxComputeWorkgroupsPerDimension',
] as const

/** WebGPU as the place has it: the browser's, else the package for Node. */
async function webgpu(openNode: () => Promise<GPU>): Promise<GPU> {
  const browser = (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu
  if (browser) return browser
  if (typeof process === 'undefined' || !process.versions?.node) throw webgpuMissing()
  return openNode()
}

const isSoftware = (info: GPUAdapterInfo): boolean => /llvmpipe|swiftshader|lavapipe|software|basic render/i.test(`${info.vendor} ${info.architecture} ${info.device} ${info.description}`)

/** Opens the fastest adapter with all it has. Throws `executor.webgpu.missing`, `.absent`, `.adapter`, `.failed`. */
export async function openDevice(openNode: () => Promise<GPU>): Promise<Device> {
  const adapter = await (await webgpu(openNode)).requestAdapter({ powerPreference: 'high-performance' })
  if (!adapter) throw adapterMissing()
  const features = wantedFeatures.filter(f => adapter.features.has(f))
  const limits = Object.fromEntries(wantedLimits.map(l => [l, adapter.limits[l]]))
  let gpu: GPUDevice
  try {
    gpu = await adapter.requestDevice({ requiredFeatures: features, requiredLimits: limits })
  } catch (e) {
    throw deviceFailed('open a device', e)
  }
  const { info } = adapter
  const sizes = info as GPUAdapterInfo & { subgroupMinSize?: number; subgroupMaxSize?: number }
  const software = isSoftware(info)
  const profile: Profile = {
    storageBuffers: gpu.limits.maxStorageBuffersPerShaderStage,
    bindingBytes: gpu.limits.maxStorageBufferBindingSize,
    bufferBytes: gpu.limits.maxBufferSize,
    workgroupThreads: Math.min(gpu.limits.maxComputeInvocationsPerWorkgroup, gpu.limits.maxComputeWorkgroupSizeX),
    workgroupBytes: gpu.limits.maxComputeWorkgroupStorageSize,
    groupsPerDimension: gpu.limits.maxComputeWorkgroupsPerDimension,
    alignment: gpu.limits.minStorageBufferOffsetAlignment,
    half: features.includes('shader-f16'),
    subgroups: features.includes('subgroups') && sizes.subgroupMinSize ? [sizes.subgroupMinSize, sizes.subgroupMaxSize!] : undefined,
    timestamps: features.includes('timestamp-query'),
    software,
  }
  let fault: LapidaryError | undefined
  let closed = false
  void gpu.lost.then(({ reason, message }) => {
    if (!closed) fault ??= deviceLost(reason, message)
  })
  gpu.onuncapturederror = event => {
    event.preventDefault()
    fault ??= deviceFailed('do its work', event.error.message)
  }
  return {
    gpu,
    profile,
    name: info.description || info.device || `${info.vendor} ${info.architecture}`.trim(),
    fault: () => fault,
    close: () => {
      closed = true
      gpu.destroy()
    },
  }
}
