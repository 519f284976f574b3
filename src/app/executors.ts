import { onnx } from '../../converters/onnx/index.ts'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import { onnxruntimeExecutor } from '../../executors/onnxruntime/index.ts'
import { webgpuExecutor } from '../../executors/webgpu/index.ts'
import { memorySink } from '../bytes/memory.ts'
import { Log } from '../diag/diagnostic.ts'
import type { Model } from '../ir/model.ts'
import type { Executor } from '../spi/executor.ts'
import { executorUnknown } from './diagnostics.ts'

/** ONNX bytes of a model, for executors that take these. */
async function toOnnx(model: Model): Promise<Uint8Array> {
  const sink = memorySink()
  const log = new Log()
  await onnx.write!(onnx.export!(model, { log }), sink, { log, name: 'model.onnx' })
  await sink.commit()
  return sink.files.get('model.onnx')!
}

const executors: Readonly<Record<string, () => Executor>> = {
  cpu: () => cpuExecutor,
  webgpu: () => webgpuExecutor,
  onnxruntime: () => onnxruntimeExecutor(toOnnx),
}

export const executorNames: readonly string[] = Object.keys(executors)

/** The executor by name. Throws `app.executor.unknown`. */
export function executorNamed(name: string): Executor {
  const make = executors[name]
  if (!make) throw executorUnknown(name, executorNames)
  return make()
}
