/** What an adapter allows and is good at: all that decides how kernels are written. Equal profiles give equal kernels. */
export interface Profile {
  /** maxStorageBuffersPerShaderStage */
  readonly storageBuffers: number
  /** maxStorageBufferBindingSize, in bytes. */
  readonly bindingBytes: number
  /** maxBufferSize, in bytes. */
  readonly bufferBytes: number
  /** maxComputeInvocationsPerWorkgroup */
  readonly workgroupThreads: number
  /** maxComputeWorkgroupStorageSize, in bytes. */
  readonly workgroupBytes: number
  /** maxComputeWorkgroupsPerDimension */
  readonly groupsPerDimension: number
  /** minStorageBufferOffsetAlignment, in bytes. */
  readonly alignment: number
  /** shader-f16 */
  readonly half: boolean
  /** Sizes that subgroups may have; undefined without them. */
  readonly subgroups: readonly [least: number, most: number] | undefined
  /** timestamp-query */
  readonly timestamps: boolean
  /** A driver that runs shaders on the CPU: memory shared by a workgroup gains it nothing, and launches cost more than loops. */
  readonly software: boolean
}

/** WebGPU's default limits, and nothing beyond: what every adapter has. */
export const leastProfile: Profile = {
  storageBuffers: 8,
  bindingBytes: 2 ** 27,
  bufferBytes: 2 ** 28,
  workgroupThreads: 256,
  workgroupBytes: 16384,
  groupsPerDimension: 65535,
  alignment: 256,
  half: false,
  subgroups: undefined,
  timestamps: false,
  software: false,
}
