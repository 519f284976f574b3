import type { Node } from '../../../src/ir/model.ts'
import type { Profile } from '../profile.ts'
import { BitCast } from './BitCast.ts'
import type { NodeProgram, OperatorKernels } from './operator.ts'
import { TopK } from './TopK.ts'

const operators: Readonly<Record<string, OperatorKernels>> = { BitCast, TopK }

/** Whether there may be kernels for a node whose operator has no expressions. */
export const mayHaveKernels = (node: Node): boolean => node.domain === '' && Object.hasOwn(operators, node.op)

/** The kernels of a node whose operator has no expressions, where there are any. */
export function programOfNode(node: Node, profile: Profile): NodeProgram | undefined {
  const made = mayHaveKernels(node) ? operators[node.op]!(node, { profile, root: b => b }) : undefined
  return made?.program.kernels.every(k => k.bindings.length <= profile.storageBuffers) ? made : undefined
}
