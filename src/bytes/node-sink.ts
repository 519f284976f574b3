import * as fs from 'node:fs'
import { link, lstat, open, rename, rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Sink, SinkFile } from './bytes.ts'
import { fileMissing, fileUnwritable } from './diagnostics.ts'
import { memoryBundle } from './memory.ts'
import type { FileBytes } from './node-file.ts'
import { fileBytes, quick, reason } from './node-file.ts'
import { containedPath } from './path.ts'

const leftovers = new Set<string>()
process.on('exit', () => {
  for (const path of leftovers) fs.rmSync(path, { force: true })
})

/**
 * A sink for a file and those beside it, and the file's own name. Files are written under hidden temporary names in the
 * folder they belong to; `commit` renames them, and puts everything back as it was when one of the renames fails.
 * Throws `bytes.file.unwritable`.
 */
export async function fileSink(path: string): Promise<{ sink: Sink; name: string }> {
  const folder = dirname(path)
  const token = Math.floor(Math.random() * 2 ** 32).toString(16).padStart(8, '0')
  const files = new Map<string, { temporary: string; handle: FileHandle; closed: boolean }>()
  const readers: FileBytes[] = []
  const hidden = (name: string, ending: string): string => join(folder, dirname(name), `.${basename(name)}.${token}.${ending}`)
  const guarded = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw fileUnwritable(join(folder, name), reason(error))
    }
  }
  const finish = async (): Promise<void> => {
    for (const r of readers.splice(0)) r.close()
    for (const f of files.values()) if (!f.closed) await f.handle.close()
    for (const f of files.values()) {
      await rm(f.temporary, { force: true })
      leftovers.delete(f.temporary)
    }
    files.clear()
  }

  const sink: Sink = {
    async create(wanted): Promise<SinkFile> {
      const name = containedPath(wanted)
      const temporary = hidden(name, 'part')
      const file = await guarded(name, async () => {
        const there = await lstat(join(folder, name)).catch(() => undefined)
        if (there && !there.isFile() && !there.isSymbolicLink()) throw new TypeError('something that is not a file has this name')
        return { temporary, handle: await open(temporary, 'wx'), closed: false }
      })
      leftovers.add(temporary)
      files.set(name, file)
      let position = 0
      return {
        get position() {
          return position
        },
        write: chunk =>
          guarded(name, async () => {
            for (let at = 0; at < chunk.length; ) at += chunk.length <= quick ? fs.writeSync(file.handle.fd, chunk, at) : (await file.handle.write(chunk, at, Math.min(chunk.length - at, 2 ** 30))).bytesWritten
            position += chunk.length
          }),
        async close() {
          if (!file.closed) await guarded(name, () => file.handle.close())
          file.closed = true
        },
      }
    },
    async written(main) {
      const bytes = new Map<string, FileBytes>()
      for (const [name, file] of files) {
        if (!file.closed) continue
        const one = await fileBytes(file.temporary, name)
        readers.push(one)
        bytes.set(name, one)
      }
      const first = bytes.get(main)
      if (first === undefined) throw fileMissing(main)
      return memoryBundle(first, bytes)
    },
    async commit() {
      for (const r of readers.splice(0)) r.close()
      const done: { target: string; backup: string | undefined }[] = []
      try {
        for (const [name, file] of files) {
          const target = join(folder, name)
          await guarded(name, async () => {
            if (!file.closed) await file.handle.close()
            file.closed = true
            const backup = hidden(name, 'old')
            const kept = await link(target, backup).then(() => true, async () => {
              const there = await lstat(target).catch(() => undefined)
              if (there === undefined) return false
              if (there.isDirectory()) throw new TypeError('a folder has this name')
              await rename(target, backup)
              return true
            })
            done.push({ target, backup: kept ? backup : undefined })
            await rename(file.temporary, target)
          })
        }
      } catch (error) {
        for (const { target, backup } of done) {
          if (backup !== undefined) await rename(backup, target)
          else await rm(target, { force: true })
        }
        await finish()
        throw error
      }
      for (const { backup } of done) if (backup !== undefined) await rm(backup, { force: true })
      await finish()
    },
    abort: finish,
  }
  return { sink, name: basename(path) }
}
