import { mkdir, mkdtemp, readFile, readdir, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { directoryBundle, fileBundle, fileBytes, fileSink } from './node.ts'

const code = (value: string) => expect.objectContaining({ code: value })
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lapidary-'))
})

describe('reading', () => {
  test('a file by range', async () => {
    await writeFile(join(folder, 'a.bin'), Uint8Array.from({ length: 100 }, (_, i) => i))
    const file = await fileBytes(join(folder, 'a.bin'))
    expect(file.name).toBe('a.bin')
    expect(file.size).toBe(100)
    expect([...(await file.read(97, 100))]).toEqual([97, 98, 99])
    expect((await file.read(5, 5)).length).toBe(0)
    await expect(file.read(90, 101)).rejects.toEqual(code('bytes.read.range'))
    file.close()
    await expect(file.read(0, 1)).rejects.toEqual(code('bytes.file.unreadable'))
  })

  test('what is missing or no file', async () => {
    await expect(fileBytes(join(folder, 'none'))).rejects.toEqual(code('bytes.file.missing'))
    await expect(fileBytes(folder)).rejects.toEqual(code('bytes.file.unreadable'))
  })

  test('files beside it, and no others', async () => {
    await mkdir(join(folder, 'model/weights'), { recursive: true })
    await writeFile(join(folder, 'secret'), 'x')
    await writeFile(join(folder, 'model/m.onnx'), '')
    await writeFile(join(folder, 'model/weights/w'), 'abc')
    await symlink('../secret', join(folder, 'model/out'))
    await symlink('weights/w', join(folder, 'model/in'))
    await symlink('..', join(folder, 'model/up'))
    const bundle = await fileBundle(join(folder, 'model/m.onnx'))
    expect((await bundle.open('./weights//w'))!.size).toBe(3)
    expect((await bundle.open('in'))!.size).toBe(3)
    expect(await bundle.open('none')).toBeUndefined()
    expect(await bundle.open('m.onnx/none')).toBeUndefined()
    for (const path of ['../secret', 'weights/../../secret', join(folder, 'secret'), 'out', 'up/secret', '', 'C:\\x', 'a\0b']) {
      await expect(bundle.open(path), path).rejects.toEqual(code('bytes.path.outside'))
    }
  })

  test('a folder', async () => {
    await mkdir(join(folder, 'b'))
    await writeFile(join(folder, 'b/two'), '2')
    await writeFile(join(folder, 'one'), '1')
    const bundle = await fileBundle(folder)
    expect(bundle.main.size).toBe(0)
    expect(await bundle.list!()).toEqual(['b/two', 'one'])
    expect((await directoryBundle(folder).open('b/two'))!.size).toBe(1)
  })
})

describe('writing', () => {
  const write = async (path: string, files: Record<string, string>) => {
    const { sink, name } = await fileSink(path)
    for (const [file, text] of Object.entries(files)) {
      const out = await sink.create(file)
      await out.write(new TextEncoder().encode(text))
      expect(out.position).toBe(text.length)
      await out.close()
    }
    return { sink, name }
  }

  test('nothing is seen before commit', async () => {
    await writeFile(join(folder, 'm'), 'old')
    const { sink, name } = await write(join(folder, 'm'), { m: 'new', 'm.data': 'weights' })
    expect(name).toBe('m')
    expect(await readFile(join(folder, 'm'), 'utf8')).toBe('old')
    const back = await sink.written('m')
    expect(new TextDecoder().decode(await back.main.read(0, 3))).toBe('new')
    expect((await back.open('m.data'))!.size).toBe(7)
    await sink.commit()
    expect(await readFile(join(folder, 'm'), 'utf8')).toBe('new')
    expect((await readdir(folder)).sort()).toEqual(['m', 'm.data'])
  })

  test('abort leaves what was there', async () => {
    await writeFile(join(folder, 'm'), 'old')
    const { sink } = await write(join(folder, 'm'), { m: 'new' })
    await sink.abort()
    expect(await readFile(join(folder, 'm'), 'utf8')).toBe('old')
    expect(await readdir(folder)).toEqual(['m'])
  })

  test('a commit that fails half-way is undone', async () => {
    await writeFile(join(folder, 'a'), 'old a')
    const { sink } = await write(join(folder, 'a'), { a: 'new a', b: 'new b', c: 'new c' })
    await mkdir(join(folder, 'b/in the way'), { recursive: true })
    await expect(sink.commit()).rejects.toEqual(code('bytes.file.unwritable'))
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('old a')
    expect((await readdir(folder)).sort()).toEqual(['a', 'b'])
    expect(await readdir(join(folder, 'b'))).toEqual(['in the way'])
  })

  test('what is no file is not written over', async () => {
    await mkdir(join(folder, 'd'))
    const { sink } = await fileSink(join(folder, 'd'))
    await expect(sink.create('d')).rejects.toEqual(code('bytes.file.unwritable'))
    await expect(sink.create('../d')).rejects.toEqual(code('bytes.path.outside'))
    const lost = await fileSink(join(folder, 'none/m'))
    await expect(lost.sink.create('m')).rejects.toEqual(code('bytes.file.unwritable'))
    expect(await readdir(folder)).toEqual(['d'])
  })
})
