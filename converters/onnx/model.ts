import type { ModelProto, TensorProto } from '../../proto/onnx.gen.ts'
import type { Bytes } from '../../src/bytes/bytes.ts'

/** An ONNX file: its messages as they are, with large contents still in their files. */
export interface OnnxModel {
  readonly proto: ModelProto
  /** The main file's name. */
  readonly file: string
  /** Files of external data by the location that tensors name. */
  readonly external: ReadonlyMap<string, Bytes>
  /** Bytes of small external tensors. */
  readonly resident: ReadonlyMap<TensorProto, Uint8Array>
}

/** What the parts of an IR model carry along that only ONNX understands, under `extra.onnx`. */
export type Carried = Readonly<Record<string, unknown>>

export const carried = (extra: Readonly<Record<string, unknown>>): Carried => (extra['onnx'] as Carried | undefined) ?? {}

/** An `extra` for what is defined of `parts`; empty when nothing is. */
export function carry(parts: Carried): Readonly<Record<string, unknown>> {
  const kept = Object.entries(parts).filter(([, v]) => v !== undefined)
  return kept.length === 0 ? {} : { onnx: Object.fromEntries(kept) }
}
