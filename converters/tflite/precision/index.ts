import type { Precision } from '../../../src/spi/format.ts'
import { integerWeights } from './dynamic.ts'
import { float16 } from './float16.ts'

/** What `--quantize` offers, by name. Another is one more file here and its line. */
export const precisions: Readonly<Record<string, Precision>> = {
  float16,
  dynamic: integerWeights('int8', 0.1),
  int4: integerWeights('int4', 0.5),
}
