import { LapidaryError } from '../diag/diagnostic.ts'
import type { Node } from '../ir/model.ts'

/** The run was stopped by its signal. */
export const runCancelled = (): LapidaryError => new LapidaryError({ code: 'run.cancelled', severity: 'error', message: 'the run was cancelled' })

/** A node of control flow that got what it can't take. */
export const controlInvalid = (node: Node, message: string): LapidaryError =>
  new LapidaryError({ code: 'run.control.invalid', severity: 'error', message: `${node.qualified}${node.name === '' ? '' : ` "${node.name}"`}: ${message}`, at: node.origin })

/** A function that would never end. */
export const functionRecursive = (node: Node): LapidaryError =>
  new LapidaryError({ code: 'run.function.recursive', severity: 'error', message: `the function ${node.qualified} calls itself`, at: node.origin })
