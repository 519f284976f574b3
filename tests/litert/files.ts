import { tflite } from '../../converters/tflite/index.ts'
import { memoryBundle, memoryBytes, memorySink } from '../../src/bytes/memory.ts'
import { Log } from '../../src/diag/diagnostic.ts'
import type { Model } from '../../src/ir/model.ts'

/** The bytes of a `.tflite` file of a model of the runtime's operators. */
export async function fileOf(model: Model, log = new Log()): Promise<Uint8Array> {
  const sink = memorySink()
  await tflite.write!(tflite.export!(model, { log }), sink, { log, name: 'm.tflite' })
  await sink.commit()
  return sink.files.get('m.tflite')!
}

/** The model of a `.tflite` file's bytes. */
export async function modelOfFile(bytes: Uint8Array, log = new Log()): Promise<Model> {
  return tflite.import!(await tflite.read!(memoryBundle(memoryBytes(bytes, 'm.tflite')), { log }), { log })
}
