import type { Bundle, Sink } from '../bytes/bytes.ts'
import type { Log } from '../diag/diagnostic.ts'
import type { Model } from '../ir/model.ts'
import type { Target } from '../legalize/target.ts'

export interface ReadContext {
  readonly log: Log
}

export interface ExportContext {
  readonly log: Log
  /** Of ONNX's default domain, for formats that have versions of it. */
  readonly opset?: number
}

export interface WriteContext {
  readonly log: Log
  /** The main file's name; others are named after it. */
  readonly name: string
  /** Keep weights in a file of their own where the format can. */
  readonly externalData?: boolean
}

/**
 * A file format. `F` is its format model: plain data, one-to-one with the file. Reading knows bytes and no meaning;
 * importing knows meaning and no bytes; likewise export and write. Halves may be missing.
 */
export interface Format<F = unknown> {
  readonly name: string
  /** With the dot, the usual one first. */
  readonly extensions: readonly string[]
  /** How sure it is, 0 to 1, from the main file's first bytes (up to 4096) and the bundle. */
  sniff(head: Uint8Array, bundle: Bundle): number
  read?(bundle: Bundle, ctx: ReadContext): Promise<F>
  import?(source: F, ctx: ReadContext): Model
  /** What the exporter takes: legalization makes a model fit it. */
  readonly target?: Target
  /** The model fits the target. Synchronous: weights stay where they are. */
  export?(model: Model, ctx: ExportContext): F
  /** Bytes that writing into one file would take; no weight is worked out for it. */
  size?(target: F): number
  /** Streams, one weight in memory at a time. The caller commits the sink. */
  write?(target: F, sink: Sink, ctx: WriteContext): Promise<void>
}
