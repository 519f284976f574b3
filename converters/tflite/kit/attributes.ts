import type { Node } from '../../../src/ir/model.ts'
import { readAttributes } from '../../../src/ops/attributes.ts'
import { inferInvalid } from '../../../src/ops/diagnostics.ts'
import type { AttributeReader } from '../../../src/ops/operator.ts'

/** Typed reading of a node's options. */
export const optionsOf = (node: Node): AttributeReader => readAttributes(node.attributes, message => {
  throw inferInvalid(node, message)
})

/** The fused activation of a node, undefined for none. */
export const activationOf = (node: Node): string | undefined => optionsOf(node).string('fused_activation_function')
