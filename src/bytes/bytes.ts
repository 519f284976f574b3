/**
 * A readable range source: a file, memory, a Blob or a remote file. Reading is by range, so that a source of any size
 * can be opened without holding it.
 */
export interface Bytes {
  /** What messages call it: a path, a URL, or a made-up name. */
  readonly name: string
  /** Length in bytes. */
  readonly size: number
  /**
   * The bytes from `start` up to, not including, `end`. The result may share memory with the source: don't write to it.
   * Rejects with `bytes.read.range` when the range does not lie inside the source.
   */
  read(start: number, end: number): Promise<Uint8Array>
}

/** A stretch of a source, not read yet. */
export interface ByteRange {
  readonly source: Bytes
  readonly start: number
  readonly end: number
}

/** A model's files: the one that was named, and those beside it (external data, shards, a directory's members). */
export interface Bundle {
  /** The file the user named. For a directory (a SavedModel) it is an empty source with the directory's name. */
  readonly main: Bytes
  /**
   * Opens a file by its path relative to the main file's folder, `undefined` when there is none. A path that leaves the
   * folder (absolute, `..`, a link that points outside) throws `bytes.path.outside`.
   */
  open(path: string): Promise<Bytes | undefined>
  /** Names of all members, relative, for a directory or an archive. */
  list?(): Promise<readonly string[]>
}

/** Where a writer puts the files it makes. Nothing is visible under its final name before `commit`. */
export interface Sink {
  /** Starts a file of this name, relative to the target's folder. */
  create(name: string): Promise<SinkFile>
  /** What was written so far, closed files only, for reading back before `commit`. */
  written(main: string): Promise<Bundle>
  /** Gives every finished file its final name. */
  commit(): Promise<void>
  /** Removes all that was written; what stood there before stays. */
  abort(): Promise<void>
}

export interface SinkFile {
  /** Appends; resolves when the chunk may be reused. */
  write(chunk: Uint8Array): Promise<void>
  /** Bytes written so far. */
  readonly position: number
  close(): Promise<void>
}
