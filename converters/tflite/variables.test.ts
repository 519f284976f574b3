import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import { convert } from '../../src/app/convert.ts'
import { memoryBundle, memoryBytes, memorySink } from '../../src/bytes/memory.ts'
import { Log } from '../../src/diag/diagnostic.ts'
import type { Model } from '../../src/ir/model.ts'
import type { Datum, Tensor } from '../../src/ir/tensor.ts'
import { float32Tensor, viewOf } from '../../src/ir/tensor.ts'
import { onnx } from '../onnx/index.ts'
import { tflite } from './index.ts'

// what TensorFlow's converter writes for a module with variables, and what its interpreter gives in three runs after each other
const folder = new URL('../../fixtures/tflite-stateful/', import.meta.url)
const source = new Uint8Array(readFileSync(new URL('model.tflite', folder)))
const runs = JSON.parse(readFileSync(new URL('runs.json', folder), 'utf8')) as { x: number[]; y: number[] }[]
const log = new Log()

const read = async (bytes: Uint8Array): Promise<Model> => tflite.import!(await tflite.read!(memoryBundle(memoryBytes(bytes, 'm.tflite')), { log }), { log })
const readOnnx = async (bytes: Uint8Array): Promise<Model> => onnx.import!(await onnx.read!(memoryBundle(memoryBytes(bytes, 'm.onnx')), { log }), { log })
async function converted(to: string): Promise<Uint8Array> {
  const sink = memorySink()
  await convert(source, { sink, name: 'm' }, { to })
  return sink.files.get('m')!
}

/** Runs after each other; the first begins as the file says, the others with what the one before has left. */
async function carried(model: Model): Promise<number[][]> {
  const session = await cpuExecutor.prepare(model, { precision: 'exact' })
  const [x, y] = [model.graph.inputs[0]!.name, model.graph.outputs[0]!.name]
  let state = new Map<string, Datum>()
  const found: number[][] = []
  for (const run of runs) {
    const results = await session.run(new Map([[x, float32Tensor(run.x, [1, 3])], ...state]))
    state = new Map(model.graph.inputs.slice(1).map((v, i) => [v.name, results.get(model.graph.outputs[1 + i]!.name)!]))
    found.push([...(viewOf('float32', await (results.get(y) as Tensor).load()) as Float32Array)])
  }
  session.dispose()
  return found
}

it('variables that are set are inputs with defaults and outputs, others constants', async () => {
  const { graph } = await read(source)
  expect(graph.inputs.slice(1).map(v => [v.name, [...(viewOf('float32', v.constant!.peek()!) as Float32Array)]])).toEqual([['count', [0]], ['hidden', [2, 2, 2]]])
  expect(graph.outputs.slice(1).map(v => v.name)).toEqual(['count/next', 'hidden/next'])
  expect([...graph.nodes()].some(n => /VARIABLE|VAR_HANDLE|CALL_ONCE/.test(n.op))).toBe(false)
})

it.each([
  ['as they are read', () => read(source)],
  ['written again', async () => read(await converted('tflite'))],
  ['in ONNX', async () => readOnnx(await converted('onnx'))],
] as const)('runs that carry the state give what the interpreter does, %s', async (_, make) => {
  expect(await carried(await make())).toEqual(runs.map(r => r.y))
})

it('a file written again has variables', async () => {
  const { root } = await tflite.read!(memoryBundle(memoryBytes(await converted('tflite'), 'm.tflite')), { log })
  const [main, initialize] = root.subgraphs!
  expect([main!.inputs!.length, main!.outputs!.length, initialize!.operators!.length]).toEqual([1, 1, 4])
  const names = main!.operators!.map(o => root.operator_codes![o.opcode_index ?? 0]!.builtin_code)
  expect(names.filter(n => /CALL_ONCE|VAR/.test(String(n)))).toEqual(['CALL_ONCE', 'VAR_HANDLE', 'VAR_HANDLE', 'READ_VARIABLE', 'READ_VARIABLE', 'ASSIGN_VARIABLE', 'ASSIGN_VARIABLE'])
})
