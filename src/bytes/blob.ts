import type { Bundle, Bytes } from './bytes.ts'
import { rangeError } from './diagnostics.ts'
import { containedPath } from './path.ts'

/** A Blob, or a File that a user chose in a browser. */
export function blobBytes(blob: Blob, name = 'name' in blob && typeof blob.name === 'string' ? blob.name : 'blob'): Bytes {
  return {
    name,
    size: blob.size,
    async read(start, end) {
      if (!(start >= 0 && start <= end && end <= blob.size)) throw rangeError(name, start, end, blob.size)
      return new Uint8Array(await blob.slice(start, end).arrayBuffer())
    },
  }
}

/** Files that a user chose together, by their paths relative to the first one's folder. */
export function blobBundle(main: Blob, others: ReadonlyMap<string, Blob> = new Map()): Bundle {
  return {
    main: blobBytes(main),
    async open(path) {
      const inner = containedPath(path)
      const blob = others.get(inner)
      return blob && blobBytes(blob, inner)
    },
    list: async () => [...others.keys()].sort(),
  }
}
