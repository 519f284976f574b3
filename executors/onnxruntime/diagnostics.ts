import { LapidaryError } from '../../src/diag/diagnostic.ts'

export const runtimeMissing = (): LapidaryError =>
  new LapidaryError({
    code: 'executor.onnxruntime.missing',
    severity: 'error',
    message: 'the package onnxruntime-node is not installed',
    help: 'npm install onnxruntime-node',
  })

/** What onnxruntime says about a model or a run. */
export const runtimeFailed = (doing: string, error: unknown): LapidaryError =>
  new LapidaryError({
    code: 'executor.onnxruntime.failed',
    severity: 'error',
    message: `onnxruntime failed to ${doing}: ${(error instanceof Error ? error.message : String(error)).split('\n')[0]!}`,
  })

export const runtimeUnsupported = (what: string): LapidaryError =>
  new LapidaryError({ code: 'executor.onnxruntime.unsupported', severity: 'error', message: `onnxruntime-node takes and gives no ${what}` })
