import * as fs from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { promisify } from 'node:util'
import type { Bytes } from './bytes.ts'
import { fileMissing, fileUnreadable, rangeError } from './diagnostics.ts'

const open = promisify(fs.open)
const fstat = promisify(fs.fstat)
const pread = promisify(fs.read)

/** A file that is open for reading. It is closed when nobody holds it any more, or by `close`. */
export interface FileBytes extends Bytes {
  close(): void
}

/** Bytes that are read or written faster than another thread could be asked to. */
export const quick = 2 ** 18

const close = (fd: number): void => fs.close(fd, () => {})
const forgotten = new FinalizationRegistry<number>(close)

/** What went wrong, without the system's code and path. */
export const reason = (error: unknown): string => (error instanceof Error ? error.message.replace(/^E\w+: /, '').replace(/,.*$/, '') : String(error))

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
        const bytesRead = out.length <= quick ? fs.readSync(fd, out, at, out.length - at, start + at) : (await pread(fd, out, at, Math.min(out.length - at, 2 ** 30), start + at)).bytesRead
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
