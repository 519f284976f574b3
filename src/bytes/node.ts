import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bundle, Bytes } from './bytes.ts'
import { fileUnreadable, pathOutside } from './diagnostics.ts'
import { memoryBytes } from './memory.ts'
import { fileBytes, reason } from './node-file.ts'
import { containedPath } from './path.ts'

export { fileBytes } from './node-file.ts'
export type { FileBytes } from './node-file.ts'
export { fileSink } from './node-sink.ts'

/** A contained file of a folder, or undefined when there is none. Links are followed as long as they stay inside. */
async function openInside(folder: string, path: string): Promise<Bytes | undefined> {
  const inner = containedPath(path)
  const root = await realpath(folder)
  let real: string
  try {
    real = await realpath(join(root, inner))
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw fileUnreadable(path, reason(error))
  }
  const away = relative(root, real)
  if (away === '' || away === '..' || away.startsWith(`..${sep}`) || resolve(root, away) !== real) throw pathOutside(path)
  return fileBytes(real, inner)
}

/** The path that is meant: as it is, or of a `file:` address. */
export const pathOf = (place: string | URL): string => (typeof place === 'string' ? place : fileURLToPath(place))

/** A file with those beside it, or a folder with its members. Throws `bytes.file.*`. */
export async function fileBundle(path: string): Promise<Bundle> {
  const isFolder = await stat(path).then(
    s => s.isDirectory(),
    () => false,
  )
  if (isFolder) return directoryBundle(path)
  return { main: await fileBytes(path), open: inner => openInside(dirname(path), inner) }
}

/** A folder as a bundle: its main file is empty. Names are listed sorted, at most `listLimit` of them. */
export function directoryBundle(path: string): Bundle {
  return {
    main: memoryBytes(new Uint8Array(0), basename(resolve(path))),
    open: inner => openInside(path, inner),
    async list() {
      const entries = await readdir(path, { recursive: true, withFileTypes: true })
      const files = entries.filter(e => e.isFile()).map(e => relative(path, join(e.parentPath, e.name)).split(sep).join('/'))
      return files.sort().slice(0, listLimit)
    },
  }
}

/** No model has more files; a folder that does was named by mistake. */
export const listLimit = 100_000
