import type { Node, Value } from '../../ir/model.ts'
import type { Builder } from '../builder.ts'

/** All inputs of a node joined from the left by an operator of two. */
export const chain = (b: Builder, op: string, node: Node): Value => node.inputs.map(v => v!).reduce((x, y) => b.op(op, [x, y]))
