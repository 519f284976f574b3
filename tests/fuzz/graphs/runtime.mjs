// Models in onnxruntime, with its graph optimizations off.
import ort from 'onnxruntime-node'
import { onnx } from '../../../dist/converters/onnx/index.js'
import { fromRuntime, toRuntime } from '../../../dist/executors/onnxruntime/tensors.js'
import { memoryBundle, memoryBytes, memorySink } from '../../../dist/src/bytes/memory.js'
import { Log } from '../../../dist/src/diag/diagnostic.js'
import { isTensor } from '../../../dist/src/ir/tensor.js'
import { feedable } from './scene.mjs'

const options = { graphOptimizationLevel: 'disabled', intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential', logSeverityLevel: 4 }

export async function toBytes(model, opset) {
  const sink = memorySink()
  const log = new Log()
  await onnx.write(onnx.export(model, { log, opset }), sink, { log, name: 'model.onnx' })
  log.throwErrors()
  await sink.commit()
  return sink.files.get('model.onnx')
}

export async function fromBytes(bytes) {
  const log = new Log()
  const model = onnx.import(await onnx.read(memoryBundle(memoryBytes(bytes, 'model.onnx')), { log }), { log })
  log.throwErrors()
  return model
}

/** onnxruntime does not take the model, or the run. */
export class RuntimeRefused extends Error {
  constructor(error) {
    super(String(error?.message ?? error).replace(/\/onnxruntime_src\S+ /g, '').split('\n')[0].slice(0, 300))
  }
}

/** Outputs by name. Throws `RuntimeRefused`. */
export async function runInRuntime(bytes, feeds) {
  let session
  try {
    session = await ort.InferenceSession.create(bytes, options)
    const tensors = {}
    for (const name of session.inputNames) {
      const datum = feeds.get(name)
      if (datum === null || !isTensor(datum) || !feedable.has(datum.dtype)) throw new Error(`the input ${name} can't be fed`)
      tensors[name] = await toRuntime(ort, datum)
    }
    const results = await session.run(tensors)
    return new Map(Object.entries(results).map(([name, tensor]) => [name, fromRuntime(tensor)]))
  } catch (error) {
    throw new RuntimeRefused(error)
  } finally {
    await session?.release()
  }
}
