import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Diagnostic } from '../src/app/api.ts'
import { LapidaryError, convert, float32Tensor, run } from '../src/app/api.ts'
import { originToString } from '../src/diag/print.ts'

interface Broken {
  readonly file: string
  readonly code: string
  /** What the message's place names. */
  readonly at: string
  readonly command?: 'run'
  readonly feed?: Readonly<Record<string, readonly number[]>>
  /** A symbolic link to make: name and goal. */
  readonly link?: readonly [string, string]
}

const folder = mkdtempSync(join(tmpdir(), 'lapidary-broken-'))
afterAll(() => rmSync(folder, { recursive: true }))
cpSync(resolve(import.meta.dirname, '../fixtures/broken'), join(folder, 'models'), { recursive: true })
writeFileSync(join(folder, 'secret.bin'), new Uint8Array(24))
const manifest = JSON.parse(readFileSync(join(folder, 'models/manifest.json'), 'utf8')) as Broken[]
for (const { link } of manifest) if (link) symlinkSync(link[1], join(folder, 'models', link[0]))

async function diagnosticOf(work: () => Promise<unknown>): Promise<Diagnostic> {
  const error: unknown = await work().then(
    () => new Error('nothing was wrong'),
    e => e as unknown,
  )
  if (!(error instanceof LapidaryError)) throw error
  return error.diagnostics[0]!
}

test.each(manifest.map(m => [m.file, m] as const))('%s', async (_, { file, code, at, command, feed = {} }) => {
  const path = join(folder, 'models', file)
  const files = readdirSync(folder, { recursive: true }).sort()
  const feeds = new Map(Object.entries(feed).map(([name, shape]) => [name, float32Tensor(Array.from({ length: shape.reduce((n, d) => n * d, 1) }, () => 0), shape)]))
  const told = await diagnosticOf(() => (command === 'run' ? run(path, { from: 'onnx', feeds }) : convert(path, join(folder, 'out.tflite'), { from: 'onnx' })))
  expect(told.code).toBe(code)
  expect(told.severity).toBe('error')
  expect(`${told.at ? originToString(told.at) : ''} ${told.message}`).toContain(at)
  // what to do is said, or the place and the reason say it
  expect(told.help ?? told.at?.path ?? told.notes?.[0]).toBeTruthy()
  expect(readdirSync(folder, { recursive: true }).sort()).toEqual(files)
})
