import type { DType } from '../../src/ir/dtype.ts'
import type { Node } from '../../src/ir/model.ts'
import type { Refusal, Target } from '../../src/legalize/target.ts'
import { accepts } from './operator.ts'
import { operators } from './ops/registry.gen.ts'
import { tfliteRules } from './rules/index.ts'

/** Element types that the runtime computes with. */
const dtypes: ReadonlySet<DType> = new Set<DType>(['float32', 'int32', 'int64', 'bool', 'int8', 'uint8', 'int16', 'uint32', 'string', 'float16', 'float64'])

const verdicts: Record<string, (node: Node) => true | Refusal> = {}
for (const operator of operators) verdicts[`tflite::${operator.name}`] = node => accepts(operator, node)

/** What the TFLite runtime's built-in float kernels take. */
export const tfliteTarget: Target = {
  name: 'tflite',
  ops: verdicts,
  dtypes,
  narrow: { int64: 'int32' },
  maxRank: 8,
  layout: 'NHWC',
  rules: tfliteRules,
}
