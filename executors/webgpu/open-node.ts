import { packageMissing } from './diagnostics.ts'

interface NodeWebGpu {
  create(flags: readonly string[]): GPU
}

/** Dropped while a device lives, the process dies when it is collected. */
let opened: GPU | undefined

/** WebGPU in Node, by the package webgpu, which the user installs. Throws `executor.webgpu.missing`. */
export async function openNode(): Promise<GPU> {
  if (opened) return opened
  const name = 'webgpu'
  let found: NodeWebGpu
  try {
    found = (await import(name)) as NodeWebGpu
  } catch {
    throw packageMissing()
  }
  return (opened = found.create([]))
}
