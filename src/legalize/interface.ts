import type { Model } from '../ir/model.ts'

/** What a conversion did to an input or output of the graph. */
export interface InterfaceChange {
  readonly name: string
  /** Axis i of the new value is axis `perm[i]` of the old one. */
  readonly perm?: readonly number[]
  /** The dtype it had. */
  readonly was?: string
}

/** What a conversion did to a model's interface; only what changed is listed. */
export interface InterfaceChanges {
  readonly inputs: readonly InterfaceChange[]
  readonly outputs: readonly InterfaceChange[]
}

const key = 'lapidary.interface'

/** Notes the changes in the model's metadata, in the place of those of an earlier conversion, so that the written file can be compared with its source. */
export function recordInterface(model: Model, changes: InterfaceChanges): void {
  const plain = (list: readonly InterfaceChange[]) => list.map(({ name, perm, was }) => ({ name, ...(perm && { perm }), ...(was !== undefined && { was }) }))
  model.metadata.delete(key)
  if (changes.inputs.length + changes.outputs.length > 0) model.metadata.set(key, JSON.stringify({ inputs: plain(changes.inputs), outputs: plain(changes.outputs) }))
}

const isChange = (x: unknown): x is InterfaceChange =>
  typeof x === 'object' && x !== null && typeof (x as InterfaceChange).name === 'string' &&
  ((x as InterfaceChange).perm === undefined || (Array.isArray((x as InterfaceChange).perm) && (x as InterfaceChange).perm!.every(Number.isInteger)))

/** The changes that a model's metadata tells of; none when it tells nothing or is malformed. */
export function recordedInterface(model: Model): InterfaceChanges {
  try {
    const { inputs, outputs } = JSON.parse(model.metadata.get(key) ?? '{}') as { inputs?: unknown; outputs?: unknown }
    const list = (x: unknown): readonly InterfaceChange[] => (Array.isArray(x) ? x.filter(isChange) : [])
    return { inputs: list(inputs), outputs: list(outputs) }
  } catch {
    return { inputs: [], outputs: [] }
  }
}
