import { expect, it } from 'vitest'
import { onnx } from '../../converters/onnx/index.ts'
import { tflite } from '../../converters/tflite/index.ts'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import { onnxruntimeExecutor } from '../../executors/onnxruntime/index.ts'
import { convert } from '../../src/app/convert.ts'
import { memoryBundle, memoryBytes, memorySink } from '../../src/bytes/memory.ts'
import { LapidaryError, Log } from '../../src/diag/diagnostic.ts'
import type { Model } from '../../src/ir/model.ts'
import type { Executor } from '../../src/spi/executor.ts'
import { compareData } from '../conformance/compare.ts'
import { feedsOf } from '../conformance/run.ts'
import type { NodeTest } from '../conformance/vectors.ts'
import { loadTests } from '../conformance/vectors.ts'

// Files of one builtin each with what LiteRT's kernels give (fixtures/tflite-builtins): read and run, written again, turned
// into ONNX and run there and in onnxruntime. FILTER='unique' runs some, ORT=1 says what onnxruntime does not take.
const filter = process.env['FILTER']
const tests = loadTests('tflite', filter === undefined ? undefined : new RegExp(filter))
const log = new Log()

const read = async (bytes: Uint8Array): Promise<Model> => tflite.import!(await tflite.read!(memoryBundle(memoryBytes(bytes, 'm.tflite')), { log }), { log })

async function write(model: Model): Promise<Uint8Array> {
  const sink = memorySink()
  await tflite.write!(tflite.export!(model, { log }), sink, { log, name: 'm.tflite' })
  await sink.commit()
  return sink.files.get('m.tflite')!
}

async function toOnnx(tflite: Uint8Array): Promise<{ bytes: Uint8Array; model: Model }> {
  const sink = memorySink()
  await convert(tflite, { sink, name: 'm.onnx' }, { to: 'onnx' })
  const bytes = sink.files.get('m.onnx')!
  return { bytes, model: onnx.import!(await onnx.read!(memoryBundle(memoryBytes(bytes, 'm.onnx')), { log }), { log }) }
}

/** What differs, if anything does. */
async function differs(test: NodeTest, model: Model, executor: Executor, precision: 'exact' | 'fast'): Promise<string | undefined> {
  const session = await executor.prepare(model, { precision })
  try {
    for (const { inputs, outputs } of test.sets) {
      const results = await session.run(feedsOf(model, inputs))
      for (const [i, expected] of outputs.entries()) {
        const wrong = compareData(results.get(model.graph.outputs[i]!.name), expected, test.rtol, test.atol)
        if (wrong) return `output ${i}: ${wrong}`
      }
    }
    return undefined
  } finally {
    session.dispose()
  }
}

const why = (error: unknown): string => (error instanceof LapidaryError ? `${error.code}: ${error.message}` : (error as Error).stack!)

async function failures(check: (test: NodeTest) => Promise<string | undefined>): Promise<string[]> {
  const found: string[] = []
  for (const test of tests) {
    const wrong = await check(test).catch(why)
    if (wrong) found.push(`${test.name}: ${wrong}`)
  }
  return found
}

it('there are vectors', () => expect(tests.length).toBeGreaterThan(filter === undefined ? 80 : 0))

it.each(['exact', 'fast'] as const)('run here as in the runtime, %s', async precision => {
  expect(await failures(async test => differs(test, await read(test.model), cpuExecutor, precision))).toEqual([])
})

it('are written again with the same operators and options', async () => {
  const operators = async (bytes: Uint8Array) => {
    const { root } = await tflite.read!(memoryBundle(memoryBytes(bytes, 'm.tflite')), { log })
    return root.subgraphs!.map(({ tensors, operators: list, ...graph }) => {
      const named = (indices: readonly number[] = []) => indices.map(i => tensors![i] && (({ name, type, shape }) => [name, type, shape])(tensors![i]))
      return { inputs: named(graph.inputs), outputs: named(graph.outputs), operators: list!.map(({ opcode_index, inputs, outputs, ...rest }) => ({ ...rest, code: root.operator_codes![opcode_index ?? 0], inputs: named(inputs), outputs: named(outputs) })) }
    })
  }
  expect(await failures(async test => {
    const again = await write(await read(test.model))
    expect(await operators(again), test.name).toEqual(await operators(test.model))
    return differs(test, await read(again), cpuExecutor, 'exact')
  })).toEqual([])
})

it('go to ONNX', async () => {
  expect(await failures(async test => differs(test, (await toOnnx(test.model)).model, cpuExecutor, 'exact'))).toEqual([])
})

it('agree in onnxruntime, where it takes them', async () => {
  let agreed = 0
  const untaken: string[] = []
  expect(await failures(async test => {
    const { bytes, model } = await toOnnx(test.model)
    try {
      const wrong = await differs(test, model, onnxruntimeExecutor(async () => bytes), 'exact')
      if (wrong === undefined) agreed++
      return wrong
    } catch (error) {
      if (!(error instanceof LapidaryError) || !error.code.startsWith('executor.onnxruntime')) throw error
      untaken.push(`${test.name}: ${error.message}`)
      return undefined
    }
  })).toEqual([])
  if (process.env['ORT']) console.log(agreed, untaken.join('\n'))
  if (filter === undefined) expect(agreed).toBeGreaterThan(60)
})
