export { webgpuExecutor } from './executor.ts'
export type { GpuExecutor, GpuSession, GpuStats } from './executor.ts'
export type { OnHost } from './compile.ts'
