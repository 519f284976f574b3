import type { Diagnostic } from '../diag/diagnostic.ts'
import type { Type } from '../ir/types.ts'
import { typeEquals, typeToString } from '../ir/types.ts'
import type { Model } from '../ir/model.ts'

/** What became of an input or output of the model. */
export interface Border {
  readonly name: string
  readonly before: string
  readonly after: string
  /** Permutation of the axes from before to after, where they changed. */
  readonly permutation?: readonly number[]
  /** In words, empty when nothing changed: `is NHWC now`, `is int32 now; was int64`. */
  readonly changes: readonly string[]
}

/** What legalization did. */
export interface Report {
  readonly target: string
  /** Everything fits. */
  readonly legal: boolean
  readonly inputs: readonly Border[]
  readonly outputs: readonly Border[]
  /** How often each rule fired. */
  readonly rules: ReadonlyMap<string, number>
  /** How often operators were put in simpler ones. */
  readonly decomposed: ReadonlyMap<string, number>
  /** Values whose element type was narrowed. */
  readonly narrowed: number
  /** Transposes that the layout left, those at inputs and outputs included. */
  readonly transposes: number
  readonly unsupported: readonly Diagnostic[]
}

export interface BorderBefore {
  readonly inputs: readonly { readonly name: string; readonly type: Type | undefined }[]
  readonly outputs: readonly { readonly name: string; readonly type: Type | undefined }[]
}

export const bordersOf = (model: Model): BorderBefore => ({
  inputs: model.graph.inputs.map(v => ({ name: v.name, type: v.type })),
  outputs: model.graph.outputs.map(v => ({ name: v.name, type: v.type })),
})

/** States what changed between `before` and the model as it is. */
export function compareBorders(before: BorderBefore, model: Model, permuted: ReadonlyMap<string, readonly number[]>): { inputs: Border[]; outputs: Border[] } {
  const state = (was: BorderBefore['inputs'], now: readonly { readonly name: string; readonly type: Type | undefined }[]): Border[] =>
    now.map((v, i) => {
      const old = was[i]
      const permutation = permuted.get(v.name)
      const changes: string[] = []
      if (permutation) changes.push(`is ${permutation.length === 4 ? 'NHWC' : 'channel-last'} now`)
      const [a, b] = [old?.type, v.type]
      if (a?.kind === 'tensor' && b?.kind === 'tensor' && a.dtype !== b.dtype) changes.push(`is ${b.dtype} now; was ${a.dtype}`)
      else if (!permutation && !typeEquals(a, b)) changes.push(`is ${typeToString(b)} now`)
      if (old && old.name !== v.name) changes.push(`is called ${v.name} now; was ${old.name}`)
      return { name: v.name, before: typeToString(a), after: typeToString(b), ...(permutation && { permutation }), changes }
    })
  return { inputs: state(before.inputs, model.graph.inputs), outputs: state(before.outputs, model.graph.outputs) }
}
