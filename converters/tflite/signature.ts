import type { Model as Root, SignatureDef, SubGraph, TensorMap } from '../../proto/tflite.gen.ts'
import { signatureUnknown } from './diagnostics.ts'

/** How callers name an entry point and what it takes and gives, in the order of its graph. */
export interface Signature {
  readonly key: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

/** The names of a file's entry points: its signatures, and the subgraphs that have none and that no signature is named like. */
export function entriesOf({ signature_defs: defs = [], subgraphs = [] }: Root): readonly string[] {
  const keys = defs.map(d => d.signature_key ?? '')
  return [...new Set([...keys, ...subgraphs.flatMap((s, i) => (defs.some(d => (d.subgraph_index ?? 0) === i) || !s.name ? [] : [s.name]))])]
}

/** The subgraph of an entry point: of the signature by that key, else of the subgraph's own name; the first when none is asked for. Throws `tflite.import.signature`. */
export function subgraphOf(root: Root, file: string, entry: string | undefined): number {
  if (entry === undefined) return 0
  const found = root.signature_defs?.find(d => d.signature_key === entry)
  const index = found ? (found.subgraph_index ?? 0) : (root.subgraphs ?? []).findIndex(s => s.name === entry)
  if (index < 0) throw signatureUnknown(file, entry, entriesOf(root))
  return index
}

const namesOf = (maps: readonly TensorMap[] = [], tensors: readonly number[] = []): readonly string[] => tensors.map((t, i) => maps.find(m => (m.tensor_index ?? 0) === t)?.name ?? String(i))

/** The signatures of a subgraph, the one by the key `first` before others. */
export function signaturesOf({ signature_defs: defs = [], subgraphs = [] }: Root, index: number, first?: string): readonly Signature[] {
  const made = defs
    .filter(d => (d.subgraph_index ?? 0) === index)
    .map(d => ({ key: d.signature_key ?? '', inputs: namesOf(d.inputs, subgraphs[index]?.inputs), outputs: namesOf(d.outputs, subgraphs[index]?.outputs) }))
  return [...made.filter(s => s.key === first), ...made.filter(s => s.key !== first)]
}

/** A subgraph's signature as the file has it; tensors whose number the names do not fit go by their own names. */
export function signatureDef({ tensors = [], inputs = [], outputs = [] }: SubGraph, index: number, { key, ...names }: Signature): SignatureDef {
  const maps = (indices: readonly number[], given: readonly string[]): TensorMap[] =>
    indices.map((tensor_index, i) => ({ name: given.length === indices.length ? given[i]! : tensors[tensor_index]!.name!, tensor_index }))
  return { inputs: maps(inputs, names.inputs), outputs: maps(outputs, names.outputs), signature_key: key, ...(index !== 0 && { subgraph_index: index }) }
}
