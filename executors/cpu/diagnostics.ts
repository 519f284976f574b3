import { LapidaryError } from '../../src/diag/diagnostic.ts'

/** More than a WebAssembly memory holds. */
export const memoryExceeded = (bytes: number): LapidaryError =>
  new LapidaryError({
    code: 'run.memory.exceeded',
    severity: 'error',
    message: `running this takes ${(bytes / 2 ** 30).toFixed(1)} GiB of memory for weights and values; a WebAssembly memory holds 4 GiB`,
    help: 'Give smaller inputs, or run with --precision exact, which has no such limit.',
  })

export const memoryRefused = (bytes: number): LapidaryError =>
  new LapidaryError({ code: 'run.memory.refused', severity: 'error', message: `the system gave no memory: ${(bytes / 2 ** 20).toFixed(0)} MiB were asked for` })
