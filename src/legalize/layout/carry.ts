import type { Node } from '../../ir/model.ts'
import type { Builder } from '../../ops/builder.ts'

/**
 * How an input or output of a node lies. `node`: as the node chooses, channels second or last. `first`: channels second,
 * always. `any`: it makes no difference, or the node adapts it.
 */
export type Port = 'node' | 'first' | 'any'

/** How a node can work on channel-last data. */
export interface Carry {
  readonly inputs: readonly Port[]
  readonly outputs: readonly Port[]
  /** Only this way. */
  readonly fixed?: 'last'
  /**
   * Edits the node to work on channel-last data. Its inputs are in place by then; types of its outputs are set
   * afterwards. `make` inserts before the node.
   */
  apply(node: Node, make: Builder): void
}

/** Rank of the data, the position of each axis when channels come last. */
export const moved = (axis: number, rank: number): number => (axis === 0 ? 0 : axis === 1 ? rank - 1 : axis - 1)
export const positive = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)
