import type { Node } from '../../src/ir/model.ts'
import type { Refusal, Target } from '../../src/legalize/target.ts'
import { heldDTypes, mostAxes, runtimeDTypes, smallTypes } from './dtypes.ts'
import { isBuiltin } from './model.ts'
import { accepts } from './operator.ts'
import { operators } from './ops/registry.gen.ts'
import { tfliteRules } from './rules/index.ts'
import { recurrentLoopRules } from './rules/recurrent-loop.ts'
import { fusedRecurrentRules } from './rules/recurrent.ts'
import { normalizeSpellings } from './rules/normalize.ts'
import { recogniseRules } from './rules/recognise.ts'

const verdicts: Record<string, (node: Node) => true | Refusal> = {}
for (const operator of operators) verdicts[`tflite::${operator.name}`] = node => accepts(operator, node)

/** What the TFLite runtime's built-in float kernels take. */
export const tfliteTarget: Target = {
  name: 'tflite',
  ops: verdicts,
  carries: node => node.domain === 'tflite.custom' || (node.domain === 'tflite' && isBuiltin(node.op) && verdicts[node.qualified] === undefined),
  dtypes: runtimeDTypes,
  held: heldDTypes,
  widen: { float16: 'float32', bfloat16: 'float32', float64: 'float32', int8: 'int32', uint8: 'int32', int16: 'int32', uint16: 'int32', uint32: 'int64' },
  narrow: { int64: 'int32' },
  carry: smallTypes,
  maxRank: mostAxes,
  layout: 'NHWC',
  rules: tfliteRules,
  recognise: [...recogniseRules, ...fusedRecurrentRules, ...recurrentLoopRules],
  simplify: normalizeSpellings,
}

const stateful = operators.filter(o => o.states).map(o => [`tflite::${o.name}`, () => ({ refused: `${o.name} has states, and LiteRT's loader takes no variable tensors` })] as const)

/** What LiteRT's own loader takes (its compiled models, and those in a browser): as TensorFlow Lite's interpreter, without variable tensors. Recurrent operators are loops there. */
export const liteRtTarget: Target = { ...tfliteTarget, name: 'litert', ops: { ...verdicts, ...Object.fromEntries(stateful) }, recognise: [...recogniseRules, ...recurrentLoopRules] }
