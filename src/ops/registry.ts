import type { Node } from '../ir/model.ts'
import type { Operator } from './operator.ts'
import { operators } from './registry.gen.ts'

const known = new Map<string, Operator>(operators.map(o => [qualified(o.domain ?? '', o.name), o]))

function qualified(domain: string, name: string): string {
  return domain === '' || domain === 'ai.onnx' ? name : `${domain}::${name}`
}

/** The operator that a node names, if it is known. A node in an older form, which `extra.opset` says, is not known. */
export const operatorOf = (node: Pick<Node, 'op' | 'domain'> & Partial<Pick<Node, 'extra'>>): Operator | undefined =>
  node.extra?.['opset'] === undefined ? known.get(qualified(node.domain, node.op)) : undefined

/** Makes operators of a format's own domain known: `converters/<format>/ops/` calls it when it is loaded. Twice is once. */
export function registerOperators(more: readonly Operator[]): void {
  for (const o of more) known.set(qualified(o.domain ?? '', o.name), o)
}

/** All known operators by qualified name. */
export const allOperators = (): ReadonlyMap<string, Operator> => known
