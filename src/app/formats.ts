import { onnx } from '../../converters/onnx/index.ts'
import { litert, tflite, tfliteMicro } from '../../converters/tflite/index.ts'
import type { Format } from '../spi/format.ts'

/** All formats, in the order in which the command line lists them. */
export const formats: readonly Format[] = [onnx as Format, tflite as Format, litert as Format, tfliteMicro as Format]
