export { cpuExecutor } from './executor.ts'
export type { CpuExecutor, CpuSession, CpuStats } from './executor.ts'
