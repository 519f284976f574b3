import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { memoryBundle, memoryBytes } from '../../src/bytes/memory.ts'
import { LapidaryError, Log } from '../../src/diag/diagnostic.ts'
import { verify } from '../../src/ir/verify.ts'
import { importOnnx } from './import.ts'
import { readOnnx } from './read.ts'

// A few hundred at each run; tests/fuzz does thousands.
const bytes = new Uint8Array(readFileSync('node_modules/@ricky0123/vad-web/dist/silero_vad_v5.onnx'))
// where the graph of its first branch begins, so that changes meet structure rather than weights
const edit = fc.record({ at: fc.oneof(fc.nat(4000), fc.nat(bytes.length - 1)), put: fc.uint8Array({ minLength: 1, maxLength: 4 }) })

test('changed bytes end in a sound model or a coded error, soon', async () => {
  let slowest = 0
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), fc.option(fc.nat(bytes.length), { freq: 5 }), async (edits, end) => {
      const changed = bytes.slice()
      for (const { at, put } of edits) changed.set(put.subarray(0, changed.length - at), at)
      const began = performance.now()
      try {
        verify(importOnnx(await readOnnx(memoryBundle(memoryBytes(end === null ? changed : changed.subarray(0, end), 'm.onnx'))), { log: new Log() }))
      } catch (error) {
        if (!(error instanceof LapidaryError)) throw error
        expect(error.code).toMatch(/^(onnx\.(read|import)|bytes)\./)
      }
      slowest = Math.max(slowest, performance.now() - began)
    }),
    { numRuns: 300 },
  )
  expect(slowest).toBeLessThan(2000)
})
