import type { Bundle, Sink } from './bytes.ts'
import { filesNone } from './diagnostics.ts'
import { httpBundle } from './http.ts'

const inNode = (): boolean => typeof process !== 'undefined' && process.versions?.node !== undefined

/** The address that is meant, where one is: what starts as one does, and in a browser everything, relative to the page. */
function addressOf(place: string | URL): string | undefined {
  if (/^https?:/i.test(String(place))) return String(place)
  return inNode() ? undefined : new URL(place, (globalThis as { document?: { baseURI: string } }).document?.baseURI ?? globalThis.location.href).href
}

/** A model's files at a path (Node), read by range, or at an address, by range requests. Throws `bytes.file.*`, `bytes.http.*`. */
export async function bundleAt(place: string | URL): Promise<Bundle> {
  const address = addressOf(place)
  if (address !== undefined) return httpBundle(address)
  const { fileBundle, pathOf } = await import('./node.ts')
  return fileBundle(pathOf(place))
}

/** A sink for a path (Node), and the file's own name. Throws `bytes.file.unwritable`, `bytes.file.none`. */
export async function sinkAt(path: string): Promise<{ sink: Sink; name: string }> {
  if (!inNode()) throw filesNone(path)
  return (await import('./node.ts')).fileSink(path)
}
