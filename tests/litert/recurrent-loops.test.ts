import { describe, expect, it } from 'vitest'
import { onnxruntimeExecutor } from '../../executors/onnxruntime/index.ts'
import { convert } from '../../src/app/convert.ts'
import { memorySink } from '../../src/bytes/memory.ts'
import type { Model } from '../../src/ir/model.ts'
import type { Tensor } from '../../src/ir/tensor.ts'
import { verify } from '../../src/ir/verify.ts'
import { optimize } from '../../src/passes/pipeline.ts'
import { compareData } from '../conformance/compare.ts'
import { differs, feedsOf, readModel } from '../conformance/run.ts'
import { loadTests } from '../conformance/vectors.ts'
import { modelOfFile } from './files.ts'
import { runLiteRt } from './run.ts'

const loops = ['Loop', 'Scan', 'WHILE', 'IF']
const recurrent = ['LSTM', 'GRU', 'RNN', 'UNIDIRECTIONAL_SEQUENCE_LSTM', 'UNIDIRECTIONAL_SEQUENCE_RNN', 'BIDIRECTIONAL_SEQUENCE_LSTM']
const kinds = (model: Model, of: readonly string[]): string[] => [...model.allNodes()].map(n => n.op).filter(op => of.includes(op))

async function converted(bytes: Uint8Array, to: string, inputs: Readonly<Record<string, readonly number[]>> = {}): Promise<Uint8Array> {
  const sink = memorySink()
  await convert(bytes, { sink, name: 'm' }, { to, inputs })
  return sink.files.get('m')!
}

// loops as exporters write them, and what onnxruntime gives for them (fixtures/recurrent-loops)
describe('recurrent nets that exporters write as loops', () => {
  for (const test of loadTests('recurrent-loops')) {
    const op = /lstm|unbound|batch_first/.test(test.name) ? 'LSTM' : /gru/.test(test.name) ? 'GRU' : 'RNN'
    it(`${test.name}: an ${op}, here and in onnxruntime`, async () => {
      const model = await readModel(test.model)
      optimize(model, { after: (_, m) => verify(m) })
      expect(kinds(model, [...loops, ...recurrent])).toEqual([op])
      for (const precision of ['exact', 'fast'] as const) expect(await differs(test, model, precision)).toBeUndefined()
      const bytes = await converted(test.model, 'onnx')
      expect(await differs(test, model, 'exact', onnxruntimeExecutor(async () => bytes))).toBeUndefined()
    })
    it(`${test.name}: in LiteRT, and of the runtime's own kernels where these have the activations`, async () => {
      const [set] = test.sets
      const inputs = Object.fromEntries([...feedsOf(await readModel(test.model), set!.inputs)].map(([name, t]) => [name, (t as Tensor).shape]))
      const bytes = await converted(test.model, 'litert', inputs)
      const model = await modelOfFile(bytes)
      const results = await runLiteRt(bytes, feedsOf(model, set!.inputs) as ReadonlyMap<string, Tensor>)
      expect(set!.outputs.map((o, i) => compareData(results.get(model.graph.outputs[i]!.name), o, 1e-5, 1e-5)).find(wrong => wrong)).toBeUndefined()
      const fused = op !== 'GRU' && !test.name.endsWith('hard')
      expect(kinds(await modelOfFile(await converted(test.model, 'tflite', inputs)), [...loops, ...recurrent])).toEqual(fused ? [`UNIDIRECTIONAL_SEQUENCE_${op}`] : kinds(model, loops))
    })
  }
})
