import { rangeError } from './diagnostics.ts'
import type { Bundle, Bytes, Sink, SinkFile } from './bytes.ts'

/** Bytes in memory. */
export function memoryBytes(source: Uint8Array, name = 'memory'): Bytes {
  // slices of a Node Buffer share memory, which nobody here expects
  const data = new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
  return {
    name,
    size: data.byteLength,
    async read(start, end) {
      if (!(start >= 0 && start <= end && end <= data.byteLength)) throw rangeError(name, start, end, data.byteLength)
      return data.subarray(start, end)
    },
  }
}

/** A bundle of files in memory; the main file is one of them or given apart. */
export function memoryBundle(main: Bytes, files: ReadonlyMap<string, Bytes> = new Map()): Bundle {
  return { main, open: async path => files.get(path), list: async () => [...files.keys()] }
}

/** A sink that keeps what is written; `files` holds the result after `commit`. */
export function memorySink(): Sink & { readonly files: ReadonlyMap<string, Uint8Array> } {
  const open = new Map<string, Uint8Array[]>()
  const files = new Map<string, Uint8Array>()
  return {
    files,
    async create(name): Promise<SinkFile> {
      const chunks: Uint8Array[] = []
      open.set(name, chunks)
      let position = 0
      return {
        get position() {
          return position
        },
        async write(chunk) {
          chunks.push(new Uint8Array(chunk))
          position += chunk.byteLength
        },
        async close() {},
      }
    },
    async written(main) {
      const bytes = new Map([...open, ...[...files].map(([name, data]) => [name, [data]] as const)].map(([name, chunks]) => [name, memoryBytes(concat(chunks), name)]))
      return memoryBundle(bytes.get(main)!, bytes)
    },
    async commit() {
      for (const [name, chunks] of open) files.set(name, concat(chunks))
      open.clear()
    },
    async abort() {
      open.clear()
    },
  }
}

/** One array out of many. */
export function concat(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0]!
  const out = new Uint8Array(chunks.reduce((n, c) => n + c.byteLength, 0))
  let at = 0
  for (const c of chunks) {
    out.set(c, at)
    at += c.byteLength
  }
  return out
}
