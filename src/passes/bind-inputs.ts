import type { Dim } from '../ir/dim.ts'
import { dimEquals, substituteDim } from '../ir/dim.ts'
import type { Graph, Model, Value } from '../ir/model.ts'
import type { Type } from '../ir/types.ts'
import { tensorType } from '../ir/types.ts'
import { operatorOf } from '../ops/registry.ts'

function substituteType(type: Type | undefined, known: ReadonlyMap<string, Dim>): Type | undefined {
  if (type === undefined) return undefined
  if (type.kind === 'tensor' || type.kind === 'sparse') return type.shape ? { ...type, shape: type.shape.map(d => substituteDim(d, known)) } : type
  return { ...type, of: substituteType(type.of, known)! }
}

function valuesOf(graph: Graph, into: Set<Value> = new Set()): Set<Value> {
  for (const v of [...graph.inputs, ...graph.outputs]) into.add(v)
  for (const node of graph.nodes()) {
    for (const v of [...node.inputs, ...node.outputs]) if (v) into.add(v)
    for (const inner of node.subgraphs()) valuesOf(inner, into)
  }
  return into
}

/** Forgets what was known of the values that operators make, where inference will find it again. */
function forgetTypes(model: Model): void {
  for (const node of model.allNodes()) {
    if (!operatorOf(node)) continue
    for (const v of node.outputs) {
      if (v === undefined) continue
      v.type = undefined
      v.elements = undefined
    }
  }
}

/**
 * Gives inputs the shapes that a caller chose: numbers, or names for open sizes. A symbol that gets a size has it
 * everywhere in the model; a fixed size that gets a name is opened, and what was known of values behind it is forgotten;
 * an input of unknown rank takes the shape as it is. Returns the name of the first input whose fixed sizes contradict.
 * Types of other values are those known before, with the sizes put in: infer anew.
 */
export function bindInputs(model: Model, shapes: ReadonlyMap<string, readonly Dim[]>): string | undefined {
  const known = new Map<string, Dim>()
  let opened = false
  for (const value of model.graph.inputs) {
    const given = shapes.get(value.name)
    if (given === undefined || value.type?.kind !== 'tensor') continue
    const { shape, dtype } = value.type
    if (shape !== undefined) {
      if (shape.length !== given.length) return value.name
      for (const [axis, dim] of shape.entries()) {
        const want = given[axis]!
        if (typeof dim === 'number') {
          if (typeof want === 'number' && dim !== want) return value.name
        } else if (dim.terms.length === 1 && dim.terms[0]!.atoms.length === 1 && dim.terms[0]!.atoms[0]!.kind === 'symbol' && dim.terms[0]!.factor === 1) {
          const { name } = dim.terms[0]!.atoms[0] as { name: string }
          const before = known.get(name)
          if (before !== undefined && !dimEquals(before, want)) return value.name
          known.set(name, want)
        }
      }
      if (shape.some((dim, axis) => typeof dim === 'number' && typeof given[axis] !== 'number')) {
        opened = true
        value.type = tensorType(dtype, shape.map((dim, axis) => (typeof dim === 'number' ? given[axis]! : dim)))
      }
    } else value.type = tensorType(dtype, given)
  }
  if (opened) forgetTypes(model)
  if (known.size === 0) return undefined
  for (const value of valuesOf(model.graph)) {
    value.type = substituteType(value.type, known)
    if (value.elements) value.elements = value.elements.map(d => substituteDim(d, known))
  }
  return undefined
}
