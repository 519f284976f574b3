import type { Diagnostic } from '../diag/diagnostic.ts'
import type { Type } from '../ir/types.ts'
import { typeToString } from '../ir/types.ts'
import type { Model } from '../ir/model.ts'
import type { InterfaceChange } from './interface.ts'

/** What became of an input or output of the model. */
export interface Border extends InterfaceChange {
  /** Types in text. */
  readonly before: string
  readonly after: string
  /** In words: `is NHWC now`, `is int32 now; was int64`. */
  readonly changes: readonly string[]
}

/** What legalization did. */
export interface Report {
  readonly target: string
  /** Everything fits. */
  readonly legal: boolean
  /** Inputs and outputs that changed. */
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
    now.flatMap((v, i) => {
      const old = was[i]
      const perm = permuted.get(v.name)
      const changes: string[] = []
      if (perm) changes.push(`is ${perm.length === 4 ? 'NHWC' : 'channel-last'} now`)
      const [a, b] = [old?.type, v.type]
      const dtype = a?.kind === 'tensor' && b?.kind === 'tensor' && a.dtype !== b.dtype ? a.dtype : undefined
      if (dtype !== undefined) changes.push(`is ${(b as { dtype: string }).dtype} now; was ${dtype}`)
      if (old && old.name !== v.name) changes.push(`is called ${v.name} now; was ${old.name}`)
      return changes.length === 0 ? [] : [{ name: v.name, before: typeToString(a), after: typeToString(b), ...(perm && { perm }), ...(dtype !== undefined && { was: dtype }), changes }]
    })
  return { inputs: state(before.inputs, model.graph.inputs), outputs: state(before.outputs, model.graph.outputs) }
}
