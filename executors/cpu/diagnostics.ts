import { LapidaryError } from '../../src/diag/diagnostic.ts'
import type { Node } from '../../src/ir/model.ts'

/** The run was stopped by its signal. */
export const runCancelled = (): LapidaryError => new LapidaryError({ code: 'run.cancelled', severity: 'error', message: 'the run was cancelled' })

/** A node of control flow that got what it can't take. */
export const controlInvalid = (node: Node, message: string): LapidaryError =>
  new LapidaryError({ code: 'run.control.invalid', severity: 'error', message: `${node.qualified}${node.name === '' ? '' : ` "${node.name}"`}: ${message}`, at: node.origin })

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

/** A function that would never end. */
export const functionRecursive = (node: Node): LapidaryError =>
  new LapidaryError({ code: 'run.function.recursive', severity: 'error', message: `the function ${node.qualified} calls itself`, at: node.origin })
