import { LapidaryError } from '../../src/diag/diagnostic.ts'

const error = (code: string, message: string, help?: string): LapidaryError => new LapidaryError({ code, severity: 'error', message, ...(help && { help }) })

/** The package that gives Node a GPU is not installed. */
export const packageMissing = (): LapidaryError =>
  error('executor.webgpu.missing', 'WebGPU in Node needs the package webgpu, which is not installed', 'Run `npm install webgpu`; in a browser nothing needs to be installed.')

/** There is no WebGPU here at all. */
export const webgpuMissing = (): LapidaryError => error('executor.webgpu.absent', 'this browser has no WebGPU', 'Use one that has, on a page served over https or from localhost; workers need it too.')

/** No adapter was found. */
export const adapterMissing = (): LapidaryError =>
  error(
    'executor.webgpu.adapter',
    'no GPU adapter was found',
    'On Linux, WebGPU in Node needs a Vulkan loader and driver (Debian: libvulkan1, and the driver of the card or mesa-vulkan-drivers 25 or later); VK_DRIVER_FILES=driver_icd.json chooses one. A browser may need WebGPU switched on.',
  )

/** The device refused what was asked of it. */
export const deviceFailed = (what: string, why: unknown): LapidaryError => error('executor.webgpu.failed', `the GPU could not ${what}: ${why instanceof Error ? why.message : String(why)}`)

/** The device was lost: reset, unplugged, or taken away. */
export const deviceLost = (reason: string, message: string): LapidaryError =>
  error('executor.webgpu.lost', `the GPU was lost${reason === 'unknown' ? '' : ` (${reason})`}: ${message}`, 'Prepare the model again: a session cannot outlive its device.')

/** More than the adapter gives. */
export const memoryExceeded = (what: string, bytes: number, limit: number): LapidaryError =>
  error(
    'executor.webgpu.memory',
    `${what} takes ${(bytes / 2 ** 20).toFixed(0)} MiB of GPU memory; this adapter gives ${(limit / 2 ** 20).toFixed(0)} MiB at most`,
    'Give smaller inputs, or run with --on cpu.',
  )
