import type { Dim } from '../../ir/dim.ts'
import { dimEquals, unknownDim } from '../../ir/dim.ts'
import type { Graph } from '../../ir/model.ts'
import type { Type } from '../../ir/types.ts'
import { isUnknown } from './sizes.ts'

/**
 * What holds of a value that is of one type or the other; undefined when nothing does. Sizes that differ give a size of
 * their own; with `keeps`, an unknown one of `a` stands for both, which is right where it is `a`'s alone.
 */
export function mergeTypes(a: Type | undefined, b: Type | undefined, keeps = false): Type | undefined {
  if (a === undefined || b === undefined) return undefined
  if (a.kind === 'tensor' || a.kind === 'sparse') {
    if (b.kind !== a.kind || b.dtype !== a.dtype) return undefined
    if (a.shape === undefined || b.shape === undefined || a.shape.length !== b.shape.length) return { ...a, shape: undefined }
    return { ...a, shape: a.shape.map((d, i) => mergeDims(d, b.shape![i]!, keeps)) }
  }
  if (a.kind === 'map') return b.kind === 'map' && b.key === a.key ? withPart(a, mergeTypes(a.of, b.of, keeps)) : undefined
  return b.kind === a.kind ? withPart(a, mergeTypes(a.of, b.of, keeps)) : undefined
}

const withPart = <T extends { readonly of: Type }>(type: T, of: Type | undefined): T | undefined => of && { ...type, of }

const mergeDims = (a: Dim, b: Dim, keeps: boolean): Dim => (dimEquals(a, b) || (keeps && isUnknown(a)) ? a : unknownDim())

/** The type of one of several values of this type: unknown sizes are those of this one. */
export function anew(type: Type | undefined): Type | undefined {
  if (type === undefined) return undefined
  if (type.kind === 'tensor' || type.kind === 'sparse') return { ...type, shape: type.shape?.map(d => (isUnknown(d) ? unknownDim() : d)) }
  return withPart(type, anew(type.of))
}

/** Forgets what inference found inside a graph, so that a vaguer type of its inputs is not overridden by it. */
export function forgetTypes(graph: Graph): void {
  for (const node of graph.allNodes())
    for (const v of node.outputs) {
      if (!v) continue
      v.type = undefined
      v.elements = undefined
    }
}

/**
 * Types of values that a loop carries: those that hold for the first round and for every later one. `body` gives the
 * types after a round from those before.
 */
export function carriedTypes(
  initial: readonly (Type | undefined)[],
  graph: Graph,
  body: (types: readonly (Type | undefined)[]) => readonly (Type | undefined)[],
): { readonly types: readonly (Type | undefined)[]; readonly results: readonly (Type | undefined)[] } {
  let types = initial
  let results = body(types)
  for (let round = 0; round < 3; round++) {
    const merged = types.map((t, i) => mergeTypes(t, results[i], round > 0) ?? (t?.kind === 'tensor' ? { ...t, shape: undefined } : t))
    if (merged.every((t, i) => t === types[i] || sameText(t, types[i]))) return { types, results }
    forgetTypes(graph)
    types = round < 2 ? merged : merged.map(t => (t?.kind === 'tensor' ? { ...t, shape: undefined } : t))
    results = body(types)
  }
  return { types, results }
}

function sameText(a: Type | undefined, b: Type | undefined): boolean {
  if (a?.kind === 'tensor' && b?.kind === 'tensor') {
    return a.dtype === b.dtype && a.shape?.length === b.shape?.length && (a.shape ?? []).every((d, i) => dimEquals(d, b.shape![i]!))
  }
  return JSON.stringify(a) === JSON.stringify(b)
}
