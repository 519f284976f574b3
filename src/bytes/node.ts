import * as fs from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { promisify } from 'node:util'
import type { Bundle, Bytes } from './bytes.ts'
import { fileMissing, fileUnreadable, pathOutside, rangeError } from './diagnostics.ts'
import { memoryBytes } from './memory.ts'
import { containedPath } from './path.ts'

export { fileSink } from './node-sink.ts'

const open = promisify(fs.open)
const fstat = promisify(fs.fstat)
const pread = promisify(fs.read)

/** A file that is open for reading. It is closed when nobody holds it any more, or by `close`. */
export interface FileBytes extends Bytes {
  close(): void
}

const close = (fd: number): void => fs.close(fd, () => {})
const forgotten = new FinalizationRegistry<number>(close)

const reason = (error: unknown): string => (error instanceof Error ? error.message.replace(/^E\w+: /, '').replace(/,.*$/, '') : String(error))

/** A file on disk, read by range. Throws `bytes.file.missing`, `bytes.file.unreadable` (not a regular file among them). */
export async function fileBytes(path: string, name = basename(path)): Promise<FileBytes> {
  let fd: number
  try {
    // a pipe would block the open itself
    const { size } = await stat(path).then(s => (s.isFile() ? s : Promise.reject(new TypeError('it is not a regular file'))))
    fd = await open(path, 'r')
    const now = await fstat(fd)
    if (!now.isFile() || now.size < size) throw new TypeError('it changed while it was opened')
    return reader(fd, name, now.size)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw fileMissing(path)
    throw fileUnreadable(path, reason(error))
  }
}

function reader(fd: number, name: string, size: number): FileBytes {
  let closed = false
  const bytes: FileBytes = {
    name,
    size,
    async read(start, end) {
      if (!(start >= 0 && start <= end && end <= size)) throw rangeError(name, start, end, size)
      if (closed) throw fileUnreadable(name, 'it was closed')
      const out = new Uint8Array(end - start)
      for (let at = 0; at < out.length; ) {
        const { bytesRead } = await pread(fd, out, at, Math.min(out.length - at, 2 ** 30), start + at)
        if (bytesRead === 0) throw fileUnreadable(name, 'it became shorter while it was read')
        at += bytesRead
      }
      return out
    },
    close() {
      if (closed) return
      closed = true
      forgotten.unregister(bytes)
      close(fd)
    },
  }
  forgotten.register(bytes, fd, bytes)
  return bytes
}

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
