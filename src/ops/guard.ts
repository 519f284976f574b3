import { LapidaryError } from '../diag/diagnostic.ts'
import type { Node } from '../ir/model.ts'
import { computeInvalid, valueTooLarge } from './diagnostics.ts'
import { inputProblem } from './inputs.ts'

/**
 * What to throw for an error met at work on a node: itself when it is coded; a coded one when an array was too large, or
 * when the node's inputs are not what its operator takes; else itself, a bug.
 */
export function explained(node: Node, error: unknown): unknown {
  if (error instanceof LapidaryError) return error
  if (error instanceof RangeError && /array (length|buffer)|allocation failed/i.test(error.message)) return valueTooLarge(node)
  const problem = inputProblem(node)
  return problem === undefined ? error : computeInvalid(node, problem)
}

/** Does some work on a node; errors are explained. */
export function guarded<T>(node: Node, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw explained(node, error)
  }
}
