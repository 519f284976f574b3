export { cpuExecutor } from './executor.ts'
