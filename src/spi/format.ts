import type { Bundle, Sink } from '../bytes/bytes.ts'
import type { Log } from '../diag/diagnostic.ts'
import type { Model } from '../ir/model.ts'
import type { Target } from '../legalize/target.ts'

export interface ReadContext {
  readonly log: Log
  /** The entry point to import, by the name of its signature or subgraph; the first when absent. */
  readonly entry?: string
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

/** What storing weights in fewer bits did. */
export interface PrecisionReport {
  /** Weights that are stored otherwise. */
  readonly stored: number
  /** What these took, and what they take now. */
  readonly bytes: readonly [before: number, after: number]
  /** Weights that stay as they are because they can't be said so. */
  readonly kept: readonly { readonly name: string; readonly reason: string }[]
}

/** A way to store a model in fewer bits than it has. */
export interface Precision {
  /** What a proof allows an output to be off by: relative L2 error, and share of integers that differ. */
  readonly relL2: number
  readonly unequal: number
  /** Rewrites a model that fits the target, in place. Reads each weight once, one in memory at a time; the new ones are worked out when they are written. */
  apply(model: Model): Promise<PrecisionReport>
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
  /** The names of a file's entry points, for formats whose files can have several. */
  entries?(source: F): readonly string[]
  /** What the exporter takes: legalization makes a model fit it. */
  readonly target?: Target
  /** Ways to store weights in fewer bits, by name: after legalization, before export. */
  readonly precisions?: Readonly<Record<string, Precision>>
  /** The model fits the target. Synchronous: weights stay where they are. */
  export?(model: Model, ctx: ExportContext): F
  /** Bytes that writing into one file would take; no weight is worked out for it. */
  size?(target: F): number
  /** Streams, one weight in memory at a time. The caller commits the sink. */
  write?(target: F, sink: Sink, ctx: WriteContext): Promise<void>
}
