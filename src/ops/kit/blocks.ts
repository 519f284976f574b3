import type { Dim } from '../../ir/dim.ts'
import type { Node, Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'
import type { InferContext } from '../operator.ts'

/** What DepthToSpace and SpaceToDepth share: blocks of size x size, and the depth between or after them. */
export interface Blocks {
  readonly size: number
  /** The depth axis comes before the block's axes in the channel. */
  readonly depthFirst: boolean
}

/** The size and order of blocks that a node's attributes state. */
export function blocksOf(node: Pick<Node, 'attributes'>): Blocks {
  const mode = node.attributes['mode']?.value
  return { size: Number(node.attributes['blocksize']?.value ?? 0), depthFirst: mode === 'CRD' }
}

/** [N, C, H, W] of the input, checked. */
export function imageShape(ctx: InferContext): readonly [Dim, Dim, Dim, Dim] | undefined {
  const shape = ctx.shape(0)
  if (shape !== undefined && shape.length !== 4) ctx.fail(`its input has rank ${shape.length}, not 4`)
  if (ctx.attributes.int('blocksize', 0) < 1) ctx.fail('blocksize must be positive')
  return shape as readonly [Dim, Dim, Dim, Dim] | undefined
}

/** A reshape to sizes of which at most one is not a number; a size that is that of the same axis of the input may be 0. */
export function reshapeTo(b: Builder, x: Value, sizes: readonly (Dim | undefined)[]): Value | undefined {
  const open = sizes.filter(d => typeof d !== 'number')
  if (open.length > 1) return undefined
  return b.op('Reshape', [x, b.ints(sizes.map(d => (typeof d === 'number' ? d : -1)))])
}
