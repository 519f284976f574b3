import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { executorNames } from '../src/app/executors.ts'
import { formats } from '../src/app/formats.ts'
import { supportTable } from '../src/app/support.ts'

const file = resolve(import.meta.dirname, '../README.md')

function formatTable(): string {
  const yes = (x: unknown): string => (x ? 'yes' : '')
  return ['| format | endings | read | written |', '|---|---|---|---|', ...formats.map(f => `| ${f.name} | ${f.extensions.join(' ')} | ${yes(f.read)} | ${yes(f.write)} |`)].join('\n')
}

function operatorTable(): string {
  const rows = supportTable(formats.find(f => f.name === 'tflite')!.target)
  const names = (keep: (r: (typeof rows)[number]) => boolean): string => rows.filter(keep).map(r => r.operator).join(', ')
  const known = rows.filter(r => r.meaning !== 'none')
  return [
    `${known.length} of the ${rows.length} operators of ONNX's default domain run on the CPU executor; ${rows.filter(r => r.target !== 'no').length} have a way into TFLite.`,
    '',
    '| | operators |',
    '|---|---|',
    `| run, and have a rule for TFLite | ${names(r => r.meaning !== 'none' && r.target === 'direct')} |`,
    `| run, and go into TFLite through simpler ones | ${names(r => r.meaning !== 'none' && r.target === 'decomposed')} |`,
    `| run | ${names(r => r.meaning !== 'none' && r.target === 'no')} |`,
    `| carried, not run | ${names(r => r.meaning === 'none')} |`,
  ].join('\n')
}

interface Figures {
  readonly ok: boolean
  /** On a quiet machine. */
  readonly seconds?: number
  readonly peakRssMB?: number
  readonly operators?: number
  readonly transposes?: number
  readonly tfliteBytes?: number
  readonly maxRelativeError?: number
  readonly tf?: { readonly error?: number; readonly withinOneStep?: number }
}

const figuresOf = <T>(name: string): T => JSON.parse(readFileSync(resolve(import.meta.dirname, 'peers', name), 'utf8')) as T

/** What tests/peers/compare_zoo.py and convert_onnx2tf.py wrote down. */
function zooTable(): string {
  const [ours, theirs] = [figuresOf<Record<string, Figures>>('zoo-figures.json'), figuresOf<{ models: Record<string, Figures> }>('onnx2tf-zoo-figures.json').models]
  const cells = (f: Figures | undefined, error: number | undefined): string =>
    f?.operators === undefined ? 'none | | | | |' : `${error === undefined ? 'does not run' : error.toExponential(0)} | ${f.operators} | ${f.transposes} | ${(f.tfliteBytes! / 1e6).toFixed(1)} | ${f.seconds?.toFixed(1) ?? ''} | ${f.peakRssMB ?? ''}`
  return [
    '| | error | operators | TRANSPOSE | MB | s | peak MB | onnx2tf: error | operators | TRANSPOSE | MB | s | peak MB |',
    '|---|---|---|---|---|---|---|---|---|---|---|---|---|',
    ...Object.entries(ours).map(([name, f]) => `| ${name} | ${cells(f, f.tf?.error)} | ${cells(theirs[name], theirs[name]?.maxRelativeError)} |`),
  ].join('\n')
}

type Optimized = Readonly<Record<'source' | 'lapidary' | 'onnxsim' | 'OnnxSlim', { readonly nodes?: number }>>

/** What tests/peers/compare_optimizers.py wrote down: a row for each model of the zoo and of other projects, in both of torch's exports. */
function optimizerTable(): string {
  const rows = figuresOf<Record<string, Optimized>>('optimizer-figures.json')
  const names = Object.keys(rows).filter(n => !/-(dynamo|dynamic|folded|full)\b/.test(n))
  const cells = (row: Optimized | undefined): string => (['source', 'lapidary', 'onnxsim', 'OnnxSlim'] as const).map(p => row?.[p].nodes ?? '').join(' | ')
  return [
    '| | of | lapidary | onnxsim | OnnxSlim | dynamo: of | lapidary | onnxsim | OnnxSlim |',
    '|---|---|---|---|---|---|---|---|---|',
    ...names.map(name => `| ${name} | ${cells(rows[name])} | ${cells(rows[`${name}-dynamo`])} |`),
  ].join('\n')
}

interface NodeTests {
  readonly tests: number
  readonly totals: Readonly<Record<'lapidary' | 'onnx2tf', Readonly<Record<'asGiven' | 'orHeld', { readonly converted: number; readonly agree: number }>>>>
}

/** What tests/peers/node_tests.py wrote down. */
function nodeTable(): string {
  const { tests, totals } = figuresOf<NodeTests>('node-figures.json')
  const row = (what: string, form: 'asGiven' | 'orHeld'): string => `| ${what} | ${(['lapidary', 'onnx2tf'] as const).map(t => `${totals[t][form].converted} | ${totals[t][form].agree}`).join(' | ')} |`
  return [`| ${tests} tests | converted | agree | onnx2tf: converted | agree |`, '|---|---|---|---|---|', row('as given', 'asGiven'), row('as given, or all inputs but the first as constants', 'orHeld')].join('\n')
}

type Shares = Readonly<Record<'withinOneStep' | 'sameDigit' | 'right', number>>

/** What tests/peers/compare_trained.py wrote down. */
function quantizedTable(): string {
  const rows = JSON.parse(readFileSync(resolve(import.meta.dirname, 'peers/trained-figures.json'), 'utf8')) as Record<string, { right: number } & Record<'onnxruntime' | 'xnnpack' | 'builtin', Shares>>
  const percent = (n: number): string => `${(100 * n).toFixed(1)}%`
  return [
    '| | within a step: onnxruntime | XNNPACK | LiteRT alone | same digit: XNNPACK | right: float32 between | XNNPACK |',
    '|---|---|---|---|---|---|---|',
    ...Object.entries(rows).map(([name, r]) => `| ${[name, ...[r.onnxruntime.withinOneStep, r.xnnpack.withinOneStep, r.builtin.withinOneStep, r.xnnpack.sameDigit, r.right, r.xnnpack.right].map(percent)].join(' | ')} |`),
  ].join('\n')
}

interface Pair {
  readonly lapidary: number
  readonly onnxruntime: number
}
interface GpuFigures {
  readonly inputs: Readonly<Record<string, readonly number[]>>
  readonly browser: { readonly first: Pair; readonly steady: Pair }
  readonly node?: { readonly first: Pair; readonly steady: Pair }
  readonly asked: Readonly<Record<keyof Pair, Readonly<Record<'dispatches' | 'submits' | 'uploaded' | 'read', number>>>>
}

/** What tests/webgpu/bench.mjs wrote down. */
function gpuTable(): string {
  const { models } = JSON.parse(readFileSync(resolve(import.meta.dirname, 'webgpu/speed-figures.json'), 'utf8')) as { models: Record<string, GpuFigures> }
  const ms = (n: number): string => (n < 100 ? n.toFixed(1) : n.toFixed(0))
  const pair = (p: Pair | undefined): string => (p ? shown(p) : ' | ')
  const shown = ({ lapidary, onnxruntime }: Pair): string => `${ms(lapidary)} / ${ms(onnxruntime)} | ${(onnxruntime / lapidary).toFixed(2)}`
  const kB = (n: number): string => (n / 1000).toFixed(0)
  const inNode = Object.values(models).some(m => m.node)
  return [
    `| lapidary / onnxruntime | Chromium, SwiftShader: ms | speed | first run ms | speed |${inNode ? ' Node, lavapipe: ms | speed | first run ms | speed |' : ''} launches | submits | kB up | kB down |`,
    `|${'---|'.repeat(inNode ? 13 : 9)}`,
    ...Object.entries(models).map(([name, { inputs, browser, node, asked: { lapidary: a, onnxruntime: b } }]) =>
      `| ${[name, ...Object.values(inputs).map(shape => shape.join('x'))].join(' ')} | ${pair(browser.steady)} | ${pair(browser.first)} | ${inNode ? `${pair(node?.steady)} | ${pair(node?.first)} | ` : ''}${a.dispatches} / ${b.dispatches} | ${a.submits} / ${b.submits} | ${kB(a.uploaded)} / ${kB(b.uploaded)} | ${kB(a.read)} / ${kB(b.read)} |`),
  ].join('\n')
}

interface GpuModel {
  readonly model: string
  readonly exact: number
  readonly noise?: number
  readonly arenaBytes: number
  readonly liveBytes: number
  readonly weightBytes: number
  readonly dispatches: number
  readonly onHost: readonly string[]
}

/** What tests/webgpu/models.mjs wrote down. */
function gpuModelTable(): string {
  const models = JSON.parse(readFileSync(resolve(import.meta.dirname, 'webgpu/model-figures.json'), 'utf8')) as readonly GpuModel[]
  const mb = (n: number): string => (n / 1e6).toFixed(1)
  return [
    '| | error | onnxruntime on a CPU | weights MB | largest live set MB | arena MB | launches | on the host |',
    '|---|---|---|---|---|---|---|---|',
    ...models.map(m => `| ${m.model} | ${m.exact.toExponential(1)} | ${m.noise?.toExponential(1) ?? ''} | ${mb(m.weightBytes)} | ${mb(m.liveBytes)} | ${mb(m.arenaBytes)} | ${m.dispatches} | ${m.onHost.join('; ')} |`),
  ].join('\n')
}

/** The parts of the README that follow from the code, by the name in their markers. */
const parts: Readonly<Record<string, () => string>> = { formats: formatTable, operators: operatorTable, executors: () => executorNames.map(n => `\`${n}\``).join(', '), zoo: zooTable, gpu: gpuTable, 'gpu-models': gpuModelTable, optimizers: optimizerTable, 'node-tests': nodeTable, quantized: quantizedTable }

test('the tables of the README are those of the code (UPDATE=1 writes them)', () => {
  const text = readFileSync(file, 'utf8')
  let made = text
  for (const [name, make] of Object.entries(parts)) {
    const marked = new RegExp(`(<!-- ${name} -->)[\\s\\S]*?(<!-- /${name} -->)`)
    expect(made).toMatch(marked)
    made = made.replace(marked, (_, open: string, close: string) => `${open}\n${make()}\n${close}`)
  }
  if (process.env['UPDATE']) writeFileSync(file, made)
  else expect(text).toBe(made)
})
