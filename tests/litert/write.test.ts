import { expect, test } from 'vitest'
import { memoryBundle, memoryBytes, memorySink } from '../../src/bytes/memory.ts'
import { Log } from '../../src/diag/diagnostic.ts'
import { Model } from '../../src/ir/model.ts'
import { bytesOf, float32Tensor, viewOf } from '../../src/ir/tensor.ts'
import { tensorType } from '../../src/ir/types.ts'
import { Builder } from '../../src/ops/builder.ts'
import { tflite } from '../../converters/tflite/index.ts'
import { runLiteRt } from './run.ts'
import { fileOf } from './files.ts'

const log = new Log()

function convModel(): Model {
  const model = new Model('net')
  const { graph } = model
  const x = graph.value('x', tensorType('float32', [1, 4, 4, 2]))
  graph.addInput(x)
  const b = new Builder(graph)
  const weights = b.constant(float32Tensor(Array.from({ length: 3 * 3 * 3 * 2 }, (_, i) => ((i * 7) % 11) / 10 - 0.5), [3, 3, 3, 2]), 'w')
  const bias = b.constant(float32Tensor([0.1, -0.2, 0.3]), 'bias')
  const y = b.op('tflite::CONV_2D', [x, weights, bias], { padding: 'SAME', stride_w: 1, stride_h: 1, fused_activation_function: 'RELU' })
  y.rename('y')
  graph.addOutput(y)
  return model
}

/** A plain convolution, written out. */
function reference(x: Float32Array): number[] {
  const w = Array.from({ length: 54 }, (_, i) => ((i * 7) % 11) / 10 - 0.5)
  const bias = [0.1, -0.2, 0.3]
  const out: number[] = []
  for (let r = 0; r < 4; r++) for (let c = 0; c < 4; c++) for (let o = 0; o < 3; o++) {
    let sum = bias[o]!
    for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) for (let k = 0; k < 2; k++) {
      const [p, q] = [r + i - 1, c + j - 1]
      if (p >= 0 && p < 4 && q >= 0 && q < 4) sum += x[(p * 4 + q) * 2 + k]! * w[((o * 3 + i) * 3 + j) * 2 + k]!
    }
    out.push(Math.max(0, sum))
  }
  return out
}

test('the runtime loads a written convolution and computes what the formula says', async () => {
  const bytes = await fileOf(convModel(), log)
  const x = Float32Array.from({ length: 32 }, (_, i) => Math.sin(i))
  const y = (await runLiteRt(bytes, new Map([['x', float32Tensor(x, [1, 4, 4, 2])]]))).get('y')!
  expect(y.shape).toEqual([1, 4, 4, 3])
  const values = viewOf('float32', y.peek()!) as Float32Array
  reference(x).forEach((v, i) => expect(values[i]).toBeCloseTo(v, 5))
})

test('what is written is read back the same, and written again gives the same bytes', async () => {
  const bytes = await fileOf(convModel(), log)
  const model = await tflite.read!(memoryBundle(memoryBytes(bytes, 'm.tflite')), { log })
  expect(model.root.subgraphs![0]!.operators!).toHaveLength(1)
  expect(log.diagnostics).toEqual([])
  const sink = memorySink()
  await tflite.write!(model, sink, { log, name: 'again' })
  await sink.commit()
  expect(Buffer.compare(sink.files.get('again')!, bytes)).toBe(0)
  const imported = tflite.import!(model, { log })
  expect(Buffer.compare(await fileOf(imported, log), bytes)).toBe(0)
  expect(bytesOf(viewOf('float32', (await imported.graph.first!.inputs[1]!.constant!.load())))).toHaveLength(216)
})
