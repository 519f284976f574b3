import { positionOf } from '../expr/analysis/linear.ts'
import { simplifier } from '../expr/analysis/simplify.ts'
import { Table } from '../expr/analysis/table.ts'
import type { Buffer } from '../expr/expr.ts'

/**
 * The buffer whose elements a stage gives in the same order, if that is all it does: a reshape, or a transpose of axes
 * of size 1. Such a value needs no work and no place of its own.
 */
export function viewed(result: Buffer): Buffer | undefined {
  const { stage } = result
  if (stage === undefined || stage.fill.kind !== 'map' || stage.body.node.kind !== 'read') return undefined
  const { buffer, indices } = stage.body.node
  const size = (b: Buffer): number => b.shape.reduce((n, d) => n * d, 1)
  if (buffer.stage || buffer.dtype !== result.dtype || size(buffer) !== size(result) || size(result) === 0) return undefined
  const simplify = simplifier(new Table())
  const [from, to] = [positionOf(buffer, indices), positionOf(result, stage.axes)]
  return from && to && simplify(from) === simplify(to) ? buffer : undefined
}
