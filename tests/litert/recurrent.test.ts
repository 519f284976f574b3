import { describe, expect, it } from 'vitest'
import { onnx } from '../../converters/onnx/index.ts'
import { litert, tflite } from '../../converters/tflite/index.ts'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import { onnxruntimeExecutor } from '../../executors/onnxruntime/index.ts'
import { executorNamed } from '../../src/app/executors.ts'
import { convert } from '../../src/app/convert.ts'
import { memoryBundle, memoryBytes, memorySink } from '../../src/bytes/memory.ts'
import { Log } from '../../src/diag/diagnostic.ts'
import type { AttributeInit } from '../../src/ir/attribute.ts'
import { float } from '../../src/ir/attribute.ts'
import { sym } from '../../src/ir/dim.ts'
import { Model } from '../../src/ir/model.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { float32Tensor, viewOf } from '../../src/ir/tensor.ts'
import { tensorType } from '../../src/ir/types.ts'
import { legalize } from '../../src/legalize/legalize.ts'
import { Builder } from '../../src/ops/builder.ts'
import { optimize } from '../../src/passes/pipeline.ts'
import type { Executor } from '../../src/spi/executor.ts'
import { compareData } from '../conformance/compare.ts'
import { differs, feedsOf } from '../conformance/run.ts'
import type { NodeTest } from '../conformance/vectors.ts'
import { loadTests } from '../conformance/vectors.ts'
import { runLiteRt } from './run.ts'
import { fileOf, modelOfFile } from './files.ts'

const log = new Log()
const filter = process.env['FILTER']

async function converted(bytes: Uint8Array, to: string): Promise<Uint8Array> {
  const sink = memorySink()
  await convert(bytes, { sink, name: 'm' }, { to })
  return sink.files.get('m')!
}

// operators with states, one a file, and what LiteRT's kernels give for them (fixtures/tflite-recurrent)
describe("files of one operator with states", () => {
  const tests = loadTests('tflite-recurrent', filter === undefined ? undefined : new RegExp(filter))
  const each = async (check: (test: NodeTest) => Promise<string | undefined>): Promise<string[]> => {
    const found: string[] = []
    for (const test of tests) {
      const wrong = await check(test).catch((error: Error) => error.stack)
      if (wrong) found.push(`${test.name}: ${wrong}`)
    }
    return found
  }

  it('there are some', () => expect(tests.length).toBeGreaterThan(filter === undefined ? 50 : 0))

  it.each(['exact', 'fast'] as const)('run here as in the runtime, %s', async precision => {
    expect(await each(async test => differs(test, await modelOfFile(test.model), precision))).toEqual([])
  })

  it('are written again with the same tensors and operators', async () => {
    const tables = async (bytes: Uint8Array) => {
      const { root } = await tflite.read!(memoryBundle(memoryBytes(bytes, 'm.tflite')), { log })
      const [{ tensors, operators }] = root.subgraphs as unknown as [(typeof root.subgraphs & object)[number]]
      const named = (indices: readonly number[] = []) => indices.map(i => tensors![i] && (({ name, type, shape, is_variable }) => [name, type, shape, is_variable])(tensors![i]))
      return [operators!.length, ...operators!.slice(-1).map(({ inputs, outputs, builtin_options }) => ({ inputs: named(inputs), outputs: named(outputs), builtin_options }))]
    }
    expect(await each(async test => {
      const again = await fileOf(await modelOfFile(test.model))
      expect(await tables(again), test.name).toEqual(await tables(test.model))
      return differs(test, await modelOfFile(again), 'exact')
    })).toEqual([])
  })

  it('go to ONNX, and agree in onnxruntime', async () => {
    expect(await each(async test => {
      const bytes = await converted(test.model, 'onnx')
      const model = onnx.import!(await onnx.read!(memoryBundle(memoryBytes(bytes, 'm.onnx')), { log }), { log })
      return (await differs(test, model, 'exact')) ?? differs(test, model, 'exact', onnxruntimeExecutor(async () => bytes))
    })).toEqual([])
  })

  it('go to LiteRT without variables, and agree in it', { timeout: 120_000 }, async () => {
    expect(await each(async test => {
      const bytes = await converted(test.model, 'litert')
      const model = await modelOfFile(bytes)
      const [set] = test.sets
      const results = await runLiteRt(bytes, feedsOf(model, set!.inputs) as ReadonlyMap<string, Tensor>)
      return set!.outputs.map((o, i) => compareData(results.get(model.graph.outputs[i]!.name), o, 1e-5, 1e-5)).find(wrong => wrong)
    })).toEqual([])
  })
})

type Kind = 'LSTM' | 'GRU' | 'RNN'
interface Case {
  readonly kind: Kind
  readonly direction?: string
  readonly layout?: 0 | 1
  readonly states?: boolean
  readonly attributes?: Readonly<Record<string, AttributeInit>>
  readonly outputs?: readonly number[]
  readonly open?: boolean
}
const gates = { LSTM: 4, GRU: 3, RNN: 1 } as const
const [steps, batch, size, hidden] = [6, 2, 5, 4]
const waves = (shape: readonly number[], from: number, scale = 0.5): Tensor => float32Tensor(Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => scale * Math.sin(1.7 * i + from)), shape)

/** A node with weights as constants, states as inputs where they are given. */
function modelOf({ kind, direction = 'forward', layout = 0, states = false, attributes = {}, outputs = [0, 1], open = false }: Case): Model {
  const model = new Model(kind)
  const { graph } = model
  const ways = direction === 'bidirectional' ? 2 : 1
  const [t, n] = open ? [sym('T'), sym('N')] : [steps, batch]
  const x = graph.addInput(graph.value('x', tensorType('float32', layout ? [n, t, size] : [t, n, size])))
  const b = new Builder(graph)
  const initial = states ? (kind === 'LSTM' ? ['h', 'c'] : ['h']).map(name => graph.addInput(graph.value(name, tensorType('float32', layout ? [n, ways, hidden] : [ways, n, hidden])))) : []
  const weights = [waves([ways, gates[kind] * hidden, size], 1), waves([ways, gates[kind] * hidden, hidden], 2), waves([ways, 2 * gates[kind] * hidden], 3)].map(w => b.constant(w))
  const made = b.ops(kind, [x, ...weights, undefined, ...initial], kind === 'LSTM' ? 3 : 2, { hidden_size: hidden, direction, ...(layout && { layout }), ...attributes })
  for (const o of outputs) {
    made[o]!.rename(`y${o}`)
    graph.addOutput(made[o]!)
  }
  return model
}

const feedsFor = ({ kind, direction, layout = 0, states = false }: Case, t: number, n: number): Map<string, Tensor> => {
  const ways = direction === 'bidirectional' ? 2 : 1
  const state = layout ? [n, ways, hidden] : [ways, n, hidden]
  return new Map([['x', waves(layout ? [n, t, size] : [t, n, size], t, 2)], ...(states ? [['h', waves(state, 5)] as const, ...(kind === 'LSTM' ? [['c', waves(state, 6)] as const] : [])] : [])])
}

const oracle = executorNamed('onnxruntime')
const distance = (a: Tensor, b: Tensor): number => {
  const [p, q] = [viewOf('float32', a.peek()!) as Float32Array, viewOf('float32', b.peek()!) as Float32Array]
  const norm = (values: readonly number[]) => Math.hypot(...values)
  return norm([...p].map((v, i) => v - q[i]!)) / norm([...p])
}

async function made(model: Model, executor: Executor, feeds: Map<string, Tensor>): Promise<Map<string, Tensor>> {
  const session = await executor.prepare(model, { precision: 'exact' })
  try {
    return (await session.run(feeds)) as Map<string, Tensor>
  } finally {
    session.dispose()
  }
}

const directions = ['forward', 'reverse', 'bidirectional']
const cases: readonly Case[] = [
  ...(['LSTM', 'GRU', 'RNN'] as const).flatMap(kind => directions.flatMap((direction): Case[] => [
    { kind, direction },
    { kind, direction, states: true },
    { kind, direction, states: true, open: true },
    { kind, direction, outputs: [1] },
    { kind, direction, attributes: { clip: float(0.4) } },
  ])),
  ...directions.flatMap((direction): Case[] => [
    { kind: 'LSTM', direction, outputs: [0, 1, 2], states: true },
    { kind: 'LSTM', direction, outputs: [2] },
    { kind: 'GRU', direction, attributes: { linear_before_reset: 1 } },
  ]),
]

// onnxruntime on the source gives what is to come out
describe.each(cases.map(c => ({ c, title: JSON.stringify(c) })))('$title', ({ c }) => {
  const lengths = c.open ? [[6, 2], [9, 3], [1, 1]] as const : [[steps, batch]] as const
  it.each([tflite, litert].map(format => ({ name: format.name, format })))('as $name', async ({ format }) => {
    const model = modelOf(c)
    optimize(model, { log, recognise: format.target!.recognise! })
    legalize(model, format.target!, { log, layout: 'keep' })
    const bytes = await fileOf(model)
    const kinds = new Set([...model.allNodes()].map(n => n.op))
    const fused = format === tflite && c.kind !== 'GRU' && !c.attributes?.['clip']
    expect([...kinds].some(op => /SEQUENCE_/.test(op))).toBe(fused)
    expect(kinds.has('WHILE')).toBe(!fused)
    for (const [t, n] of lengths) {
      const feeds = feedsFor(c, t, n)
      const want = await made(modelOf(c), oracle, feeds)
      const runs = [await made(await modelOfFile(bytes), cpuExecutor, feeds)]
      if (format === litert && !c.open) runs.push(await runLiteRt(bytes, feeds))
      for (const got of runs)
        for (const [name, expected] of want) {
          expect(got.get(name)!.shape).toEqual(expected.shape)
          expect(distance(expected, got.get(name)!)).toBeLessThan(1e-5)
        }
    }
  })
})
