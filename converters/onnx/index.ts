import type { Format } from '../../src/spi/format.ts'
import { exportOnnx } from './export.ts'
import { importOnnx } from './import.ts'
import type { OnnxModel } from './model.ts'
import { readOnnx } from './read.ts'
import { sniffOnnx } from './sniff.ts'
import { sizeOfOnnx, writeOnnx } from './write.ts'

export type { OnnxModel } from './model.ts'

/** ONNX: `.onnx` files of every version, with external data, functions and all that a file may carry. */
export const onnx: Format<OnnxModel> = {
  name: 'onnx',
  extensions: ['.onnx'],
  sniff: sniffOnnx,
  read: readOnnx,
  import: importOnnx,
  export: exportOnnx,
  size: sizeOfOnnx,
  write: writeOnnx,
}
