import { expect, it } from 'vitest'
import type { Model, SparsityParameters, Tensor as FileTensor } from '../../proto/tflite.gen.ts'
import { tfliteSchema } from '../../proto/tflite.gen.ts'
import { tflite } from '../../converters/tflite/index.ts'
import { residentBytes } from '../../converters/tflite/model.ts'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import { memoryBundle, memoryBytes, memorySink } from '../../src/bytes/memory.ts'
import { Log } from '../../src/diag/diagnostic.ts'
import { legalize } from '../../src/legalize/legalize.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { bytesOf, float32Tensor, viewOf } from '../../src/ir/tensor.ts'
import { planFlatbuffer, writeFlatbuffer } from '../../src/wire/flatbuffer-write.ts'
import { runLiteRt } from './run.ts'

// weights that are sparse, of half precision, or integers, behind DENSIFY and DEQUANTIZE: the runtime, the CPU executor, and the runtime on the file written again
const log = new Log()
const csr = (segments: readonly number[], indices: readonly number[]) => ({ format: 'SPARSE_CSR', array_segments: { type: 'Int32Vector', value: { values: segments } }, array_indices: { type: 'Uint16Vector', value: { values: indices } } }) as const

/** Blocks of 2 by 2 in a matrix of 4 by 6, columns of blocks first: 5 of 6 blocks. */
const sparsity: SparsityParameters = {
  traversal_order: [1, 0, 2, 3],
  block_map: [0, 1],
  dim_metadata: [{ dense_size: 3 }, csr([0, 2, 3, 5], [0, 1, 1, 0, 1]), { dense_size: 2 }, { dense_size: 2 }],
}

interface Case {
  readonly dtype: 'FLOAT32' | 'FLOAT16' | 'INT8'
  readonly bytes: Uint8Array
  readonly sparse: boolean
}

const count = (sparse: boolean): number => (sparse ? 20 : 24)
// 1.5, -2, 0.25 and their like by their bits
const halves = (sparse: boolean): Uint8Array => bytesOf(Uint16Array.from({ length: count(sparse) }, (_, i) => [0x3e00, 0xc000, 0x3400, 0x4248, 0x8001, 0x3555][i % 6]!))
const cases: readonly Case[] = [
  { dtype: 'FLOAT32', bytes: bytesOf(Float32Array.from({ length: 20 }, (_, i) => Math.sin(i + 1))), sparse: true },
  { dtype: 'FLOAT16', bytes: halves(true), sparse: true },
  { dtype: 'FLOAT16', bytes: halves(false), sparse: false },
  { dtype: 'INT8', bytes: bytesOf(Int8Array.from({ length: 20 }, (_, i) => 7 * i - 60)), sparse: true },
]

/** x plus the weights. */
async function fileOf({ dtype, bytes, sparse }: Case): Promise<Uint8Array> {
  const shape = [4, 6]
  const scaled = dtype === 'INT8' && { quantization: { scale: [0.125], zero_point: [0] } }
  const tensors: FileTensor[] = [{ name: 'x', shape }, { name: 'y', shape }, { name: 'w', shape, type: dtype, buffer: 1, ...scaled, ...(sparse && { sparsity }) }]
  const operators: { opcode_index: number; inputs: number[]; outputs: number[] }[] = []
  const codes: { builtin_code: 'ADD' | 'DENSIFY' | 'DEQUANTIZE'; deprecated_builtin_code: number; version: number }[] = [{ builtin_code: 'ADD', deprecated_builtin_code: 0, version: 1 }]
  let weights = 2
  const through = (name: 'DENSIFY' | 'DEQUANTIZE', number: number, version: number, tensor: FileTensor): void => {
    tensors.push(tensor)
    operators.push({ opcode_index: codes.push({ builtin_code: name, deprecated_builtin_code: number, version }) - 1, inputs: [weights], outputs: [tensors.length - 1] })
    weights = tensors.length - 1
  }
  if (sparse) through('DENSIFY', 124, 1, { name: 'dense', shape, type: dtype, ...scaled })
  if (dtype !== 'FLOAT32') through('DEQUANTIZE', 6, 3, { name: 'real', shape })
  operators.push({ opcode_index: 0, inputs: [0, weights], outputs: [1] })
  const root: Model = {
    version: 3,
    operator_codes: codes,
    subgraphs: [{ tensors, inputs: [0], outputs: [1], operators: operators.map(o => (o.opcode_index === 0 ? { ...o, builtin_options: { type: 'AddOptions', value: {} } } : o)), name: 'main' }],
    buffers: [{}, { data: residentBytes(bytes) }],
    signature_defs: [{ inputs: [{ name: 'x' }], outputs: [{ name: 'y', tensor_index: 1 }], signature_key: 'serving_default' }],
  }
  const chunks: Uint8Array[] = []
  await writeFlatbuffer(planFlatbuffer(root as unknown as Readonly<Record<string, unknown>>, tfliteSchema), async chunk => void chunks.push(chunk.slice()))
  return Uint8Array.from(Buffer.concat(chunks))
}

const load = async (bytes: Uint8Array) => tflite.import!(await tflite.read!(memoryBundle(memoryBytes(bytes, 'm.tflite')), { log }), { log })
const numbers = (tensor: Tensor): number[] => [...(viewOf('float32', tensor.peek()!) as Float32Array)]

it.each(cases.map(c => [`${c.dtype}${c.sparse ? ' behind DENSIFY' : ''}`, c] as const))('weights of %s are read, run and written again as they are stored', async (_, c) => {
  const bytes = await fileOf(c)
  const feeds = new Map([['x', float32Tensor(Array.from({ length: 24 }, (_x, i) => Math.cos(i)), [4, 6])]])
  const expected = numbers((await runLiteRt(bytes, feeds)).get('y')!)
  const session = await cpuExecutor.prepare(await load(bytes))
  expect(numbers((await session.run(feeds)).get('y') as Tensor)).toEqual(expected)
  session.dispose()

  const model = await load(bytes)
  expect(legalize(model, tflite.target!, { log }).legal).toBe(true)
  const target = tflite.export!(model, { log })
  const sink = memorySink()
  await tflite.write!(target, sink, { log, name: 'm.tflite' })
  await sink.commit()
  const weights = target.root.subgraphs![0]!.tensors!.find(t => t.name === 'w')!
  expect(weights.type).toBe(c.dtype)
  expect(weights.sparsity).toEqual(c.sparse ? sparsity : undefined)
  expect(await target.root.buffers![weights.buffer!]!.data!.load()).toEqual(c.bytes)
  expect(numbers((await runLiteRt(sink.files.get('m.tflite')!, feeds)).get('y')!)).toEqual(expected)
})
