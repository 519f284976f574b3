import type { AttributeInit, Attributes } from '../ir/attribute.ts'
import type { Node, Value } from '../ir/model.ts'
import type { Builder } from '../ops/builder.ts'

/**
 * A place in a pattern: a value to bind, or an operator with places for its inputs. A name bound twice must be the same
 * value. An operator's places stand for exactly its inputs: `undefined` for one that is left out, `optional` for one that
 * may be, `rest` for more of them; no places at all leaves the inputs open. `op` may list several names: `Add|Sub`.
 * A node below the root is matched only when nothing outside the match uses it, unless it is `shared`.
 */
export type Pattern =
  | { readonly kind: 'bind'; readonly name: string; readonly where?: (value: Value) => boolean; readonly optional?: true }
  | {
      readonly kind: 'op'
      readonly op: string
      readonly inputs: readonly (Pattern | undefined)[]
      readonly where?: (node: Node) => boolean
      readonly name?: string
      readonly commutes: boolean
      readonly shared?: true
      readonly rest?: true
    }

export interface Refused {
  readonly refused: string
}

/** What a rule's replacement is given. */
export interface Match {
  /** The node at the pattern's root. */
  readonly root: Node
  /** Values bound by the pattern. */
  readonly values: Readonly<Record<string, Value>>
  /** Nodes matched, by the names given with `.as(name)`; the root is not among them unless named. */
  readonly nodes: Readonly<Record<string, Node>>
  /** The root's. */
  readonly attributes: Attributes
}

/** A replacement for the root's outputs, or why not. */
export type Outcome = Value | readonly (Value | undefined)[] | Refused

/**
 * A named rewriting: where the pattern matches, `replace` builds what stands for the root's outputs, through `make`, or
 * refuses. Origins are merged by the editor. Giving the root's own outputs back says that it was edited in place.
 */
export interface Rule {
  readonly name: string
  /** Qualified operator names at the root, for the index. */
  readonly roots: readonly string[]
  readonly pattern: Pattern
  replace(match: Match, make: Builder, refuse: (reason: string) => Refused): Outcome
}

export type { AttributeInit }
