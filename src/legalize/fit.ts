import type { DType } from '../ir/dtype.ts'
import type { Node } from '../ir/model.ts'
import type { Target } from './target.ts'

/** Why a node that the target names does not fit, or nothing. Ranks and element types count at its tensors. */
export function misfits(node: Node, target: Target): string[] {
  if (target.carries?.(node)) return []
  const reasons: string[] = []
  const verdict = Object.hasOwn(target.ops, node.qualified) ? target.ops[node.qualified] : undefined
  if (verdict === undefined) return [`${target.name} has no ${node.qualified}`]
  if (verdict !== true) {
    const said = verdict(node)
    if (said !== true) reasons.push(said.refused)
  }
  const dtypes = new Set<DType>()
  for (const v of [...node.inputs, ...node.outputs]) {
    if (v?.type?.kind !== 'tensor') continue
    if (!target.dtypes.has(v.type.dtype) && !(v.isConstant && target.held?.has(v.type.dtype))) dtypes.add(v.type.dtype)
    const rank = v.type.shape?.length
    if (target.maxRank !== undefined && rank !== undefined && rank > target.maxRank) reasons.push(`${v.name} has ${rank} axes; ${target.name} takes ${target.maxRank}`)
  }
  for (const dtype of dtypes) reasons.push(`${target.name} has no ${dtype}`)
  return reasons
}
