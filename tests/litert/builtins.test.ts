import { expect, it } from 'vitest'
import { onnx } from '../../converters/onnx/index.ts'
import { tflite } from '../../converters/tflite/index.ts'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import { onnxruntimeExecutor } from '../../executors/onnxruntime/index.ts'
import { convert } from '../../src/app/convert.ts'
import { memoryBundle, memoryBytes, memorySink } from '../../src/bytes/memory.ts'
import { LapidaryError, Log } from '../../src/diag/diagnostic.ts'
import { graphAttribute } from '../../src/ir/attribute.ts'
import { Graph, Model } from '../../src/ir/model.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { bytesOf, float32Tensor, inlineTensor, numbersOf } from '../../src/ir/tensor.ts'
import { tensorType } from '../../src/ir/types.ts'
import { Builder } from '../../src/ops/builder.ts'
import { optimize } from '../../src/passes/pipeline.ts'
import { differs } from '../conformance/run.ts'
import type { NodeTest } from '../conformance/vectors.ts'
import { loadTests } from '../conformance/vectors.ts'
import { runLiteRt } from './run.ts'
import { fileOf, modelOfFile } from './files.ts'

// Files of one builtin each with what LiteRT's kernels give (fixtures/tflite-builtins): read and run, written again, turned
// into ONNX and run there and in onnxruntime. FILTER='unique' runs some, ORT=1 says what onnxruntime does not take.
const filter = process.env['FILTER']
const all = loadTests('tflite', filter === undefined ? undefined : new RegExp(filter))
const opaque = all.filter(test => test.name.startsWith('opaque_'))
const tests = all.filter(test => !opaque.includes(test))
const log = new Log()


async function toOnnx(tflite: Uint8Array): Promise<{ bytes: Uint8Array; model: Model }> {
  const sink = memorySink()
  await convert(tflite, { sink, name: 'm.onnx' }, { to: 'onnx' })
  const bytes = sink.files.get('m.onnx')!
  return { bytes, model: onnx.import!(await onnx.read!(memoryBundle(memoryBytes(bytes, 'm.onnx')), { log }), { log }) }
}

const why = (error: unknown): string => (error instanceof LapidaryError ? `${error.code}: ${error.message}` : (error as Error).stack!)

async function failures(check: (test: NodeTest) => Promise<string | undefined>, of = tests): Promise<string[]> {
  const found: string[] = []
  for (const test of of) {
    const wrong = await check(test).catch(why)
    if (wrong) found.push(`${test.name}: ${wrong}`)
  }
  return found
}

it('there are vectors', () => expect(tests.length).toBeGreaterThan(filter === undefined ? 320 : 0))

it.each(['exact', 'fast'] as const)('run here as in the runtime, %s', { timeout: 120_000 }, async precision => {
  expect(await failures(async test => differs(test, await modelOfFile(test.model), precision))).toEqual([])
})

/** What a file says, whatever the order of its tables. */
async function said(bytes: Uint8Array) {
  const { root } = await tflite.read!(memoryBundle(memoryBytes(bytes, 'm.tflite')), { log })
  return root.subgraphs!.map(({ tensors, operators, ...graph }) => {
    const named = (indices: readonly number[] = []) => indices.map(i => tensors![i] && (({ name, type, shape }) => [name, type, shape])(tensors![i]))
    const list = operators!.map(({ opcode_index, inputs, outputs, ...rest }) => ({ ...rest, code: root.operator_codes![opcode_index ?? 0], inputs: named(inputs), outputs: named(outputs) }))
    return { inputs: named(graph.inputs), outputs: named(graph.outputs), operators: list }
  })
}

it('are written again with the same operators and options', { timeout: 120_000 }, async () => {
  expect(await failures(async test => {
    const again = await fileOf(await modelOfFile(test.model))
    expect(await said(again), test.name).toEqual(await said(test.model))
    return differs(test, await modelOfFile(again), 'exact')
  })).toEqual([])
})

it('what has no meaning here is kept, and says why it goes no further', async () => {
  expect(await failures(async test => {
    const again = await fileOf(await modelOfFile(test.model))
    expect(await said(again), test.name).toEqual(await said(test.model))
    const optimized = await modelOfFile(test.model)
    optimize(optimized, { log })
    expect([...optimized.graph.nodes()].map(n => n.op)).toEqual([...(await modelOfFile(again)).graph.nodes()].map(n => n.op))
    const refusals = [differs(test, await modelOfFile(again), 'exact'), toOnnx(test.model)].map(attempt => attempt.then(() => 'none', why))
    const [run, exported] = await Promise.all(refusals)
    expect(run).toMatch(/^tflite\.operator\.opaque: \w+ is kept as it stands and not computed: ./)
    expect(exported).toMatch(/^onnx\.export\.operator: .*is kept as it stands and not computed: ./)
    return undefined
  }, opaque)).toEqual([])
  if (filter === undefined) expect(opaque).toHaveLength(6)
})

it('go to ONNX', { timeout: 120_000 }, async () => {
  expect(await failures(async test => differs(test, (await toOnnx(test.model)).model, 'exact'))).toEqual([])
})

it('agree in onnxruntime, where it takes them', { timeout: 120_000 }, async () => {
  let agreed = 0
  const untaken: string[] = []
  expect(await failures(async test => {
    const { bytes, model } = await toOnnx(test.model)
    try {
      const wrong = await differs(test, model, 'exact', onnxruntimeExecutor(async () => bytes))
      if (wrong === undefined) agreed++
      return wrong
    } catch (error) {
      if (!(error instanceof LapidaryError) || !error.code.startsWith('executor.onnxruntime')) throw error
      untaken.push(`${test.name}: ${error.message}`)
      return undefined
    }
  })).toEqual([])
  if (process.env['ORT']) console.log(agreed, untaken.join('\n'))
  if (filter === undefined) expect(agreed).toBeGreaterThan(280)
})

it.each([
  ['RANDOM_UNIFORM', 0.5, Math.sqrt(1 / 12)],
  ['RANDOM_STANDARD_NORMAL', 0, 1],
] as const)('%s: what is drawn here and by the runtime has the same mean and spread', async (name, mean, spread) => {
  const model = new Model(name)
  const { graph } = model
  const x = graph.addInput(graph.value('x', tensorType('float32', [1])))
  const b = new Builder(graph)
  const y = b.op('tflite::ADD', [b.op(`tflite::${name}`, [b.constant(inlineTensor('int32', [2], bytesOf(Int32Array.of(40, 100))))]), x])
  y.rename('y')
  graph.addOutput(y)
  const bytes = await fileOf(model)
  const feeds = new Map([['x', float32Tensor([0])]])
  const session = await cpuExecutor.prepare(await modelOfFile(bytes), {})
  const drawn = [(await session.run(feeds)).get('y') as Tensor, (await runLiteRt(bytes, feeds)).get('y')!]
  session.dispose()
  for (const tensor of drawn) {
    expect(tensor.shape).toEqual([40, 100])
    const numbers = [...numbersOf('float32', await tensor.load())]
    const found = numbers.reduce((sum, n) => sum + n, 0) / numbers.length
    // six times the standard error of 4000 draws
    expect(Math.abs(found - mean)).toBeLessThan((6 * spread) / Math.sqrt(4000))
    expect(Math.sqrt(numbers.reduce((sum, n) => sum + (n - found) ** 2, 0) / numbers.length)).toBeCloseTo(spread, 1)
  }
})

it('MULTINOMIAL: classes come as often as their logits say', async () => {
  const model = new Model()
  const { graph } = model
  const x = graph.addInput(graph.value('x', tensorType('float32', [1, 3])))
  const y = new Builder(graph).op('tflite::MULTINOMIAL', [x, graph.constant(inlineTensor('int32', [], bytesOf(Int32Array.of(4000))), 'count')])
  y.rename('y')
  graph.addOutput(y)
  const session = await cpuExecutor.prepare(await modelOfFile(await fileOf(model)), {})
  const drawn = (await session.run(new Map([['x', float32Tensor([0, Math.log(3), -Infinity], [1, 3])]]))).get('y') as Tensor
  session.dispose()
  const classes = [...numbersOf('int64', await drawn.load())]
  expect(drawn.shape).toEqual([1, 4000])
  expect(classes.filter(c => c === 1).length / 4000).toBeCloseTo(0.75, 1)
  expect(classes).not.toContain(2)
})

it('CALL: the other subgraph stands where it is called', async () => {
  const model = new Model()
  const { graph } = model
  const x = graph.addInput(graph.value('x', tensorType('float32', [3])))
  const called = new Graph(graph.names, 'called')
  const [p, q] = [called.addInput(called.value('p', tensorType('float32', [3]))), called.addInput(called.value('q', tensorType('float32', [3])))]
  called.addOutput(new Builder(called).op('tflite::SUB', [p, q]))
  const b = new Builder(graph)
  const y = b.op('tflite::CALL', [b.op('tflite::MUL', [x, x]), x], { subgraph: graphAttribute(called) })
  y.rename('y')
  graph.addOutput(y)
  const bytes = await fileOf(model)
  const { bytes: asOnnx, model: back } = await toOnnx(bytes)
  for (const [one, executor] of [[await modelOfFile(bytes), cpuExecutor], [back, onnxruntimeExecutor(async () => asOnnx)]] as const) {
    const session = await executor.prepare(one, {})
    const result = (await session.run(new Map([['x', float32Tensor([1, 2, 3])]]))).get('y') as Tensor
    expect([...numbersOf('float32', await result.load())]).toEqual([0, 2, 6])
    session.dispose()
  }
})
