import { registerOperators } from '../../src/ops/registry.ts'
import type { Format } from '../../src/spi/format.ts'
import { operators as customOperators } from './custom/registry.gen.ts'
import { exportTflite } from './export.ts'
import { importTflite } from './import.ts'
import { tfliteMicroTarget } from './micro/target.ts'
import type { TfliteModel } from './model.ts'
import { operators } from './ops/registry.gen.ts'
import { precisions } from './precision/index.ts'
import { readTflite, sniffTflite } from './read.ts'
import { entriesOf } from './signature.ts'
import { liteRtTarget, tfliteTarget } from './target.ts'
import { writeTflite } from './write.ts'

export type { TfliteModel } from './model.ts'
export { liteRtTarget, tfliteTarget } from './target.ts'

registerOperators(operators)
registerOperators(customOperators)

/** TensorFlow Lite, also called LiteRT: `.tflite` files, one weight in memory at a time. */
export const tflite: Format<TfliteModel> = {
  name: 'tflite',
  extensions: ['.tflite', '.lite'],
  sniff: sniffTflite,
  read: readTflite,
  import: importTflite,
  entries: ({ root }) => entriesOf(root),
  target: tfliteTarget,
  precisions,
  export: exportTflite,
  write: writeTflite,
}

/** The same files for TensorFlow Lite Micro, which takes fewer of them. Named, never told from bytes or endings. */
export const tfliteMicro: Format<TfliteModel> = { ...tflite, name: 'tflite-micro', extensions: [], sniff: () => 0, target: tfliteMicroTarget, precisions: {} }

/** The same files for LiteRT's own loader (compiled models, also in browsers), which takes no variable tensors. Named, never told from bytes or endings. */
export const litert: Format<TfliteModel> = { ...tflite, name: 'litert', extensions: [], sniff: () => 0, target: liteRtTarget }
