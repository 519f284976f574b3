import type { Node, Value } from '../../../src/ir/model.ts'
import { staticShape } from '../../../src/ir/types.ts'
import type { Refusal, Target } from '../../../src/legalize/target.ts'
import type { Rule } from '../../../src/rewrite/rule.ts'
import { dtypeOf, rankOf } from '../operator.ts'
import { tfliteTarget } from '../target.ts'
import { asOf, dataInput, microKernels, mostConcatenated, mostRank, shapeRank } from './kernels.ts'
import { microRules } from './rules.ts'

const hybrids: ReadonlySet<string> = new Set(['CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED', 'BATCH_MATMUL', 'TRANSPOSE_CONV'])
const sized: ReadonlySet<string> = new Set(['RESIZE_BILINEAR', 'RESIZE_NEAREST_NEIGHBOR'])

const isOpen = (value: Value | undefined): boolean => value?.type?.kind === 'tensor' && staticShape(value.type.shape) === undefined

/** Why TensorFlow Lite Micro can't run a node of builtin operators; undefined when it can. */
export function microRefusal(node: Node): string | undefined {
  const { op } = node
  if (!microKernels.has(op)) return `TensorFlow Lite Micro has no kernel for ${op} (as of ${asOf})`
  const data = node.inputs[dataInput[op] ?? 0]
  const [dtype, allowed] = [dtypeOf(data), microKernels.get(op)]
  if (allowed && dtype && !allowed.includes(dtype)) return `its kernel for ${op} takes ${allowed.join(', ')}, not ${dtype} (as of ${asOf})`
  if (hybrids.has(op) && dtype === 'float32' && node.inputs.some(v => ['int8', 'int4'].includes(dtypeOf(v) ?? ''))) return `its kernel for ${op} takes no integer weights with float32 data`
  const open = [...node.inputs, ...node.outputs].find(isOpen)
  if (open) return `${open.name} has a size that is not fixed, and memory is laid out before the model runs`
  const rank = Math.max(...[...node.inputs, ...node.outputs].map(v => rankOf(v) ?? 0))
  const most = mostRank[op] ?? shapeRank
  if (rank > most) return `its kernel for ${op} takes ${most} axes, not ${rank}`
  if (op === 'CONCATENATION' && node.inputs.length > mostConcatenated) return `its kernel for CONCATENATION takes ${mostConcatenated} tensors, not ${node.inputs.length}`
  if (sized.has(op) && !node.inputs[1]?.isConstant) return `its kernel for ${op} takes a constant size only`
  return undefined
}

const both = (verdict: Target['ops'][string]) => (node: Node): true | Refusal => {
  const said = verdict === true ? true : verdict(node)
  const refused = said === true ? microRefusal(node) : undefined
  return refused === undefined ? said : { refused }
}

/** What a rule makes must run there too: else other ways are tried. */
const narrowed = (rule: Rule): Rule => ({
  ...rule,
  replace(match, b, refuse) {
    const outcome = rule.replace(match, b, refuse)
    const reason = b.made.map(node => (node.domain === 'tflite' ? microRefusal(node) : undefined)).find(r => r !== undefined)
    return reason === undefined ? outcome : refuse(reason)
  },
})

/** What TensorFlow Lite Micro's reference kernels take: fixed sizes, fewer operators and element types than the runtime for phones. */
export const tfliteMicroTarget: Target = {
  ...tfliteTarget,
  name: 'tflite-micro',
  ops: Object.fromEntries(Object.entries(tfliteTarget.ops).map(([name, verdict]) => [name, both(verdict)])),
  carries: node => node.qualified === 'tflite.custom::TFLite_Detection_PostProcess',
  recognise: (tfliteTarget.recognise ?? []).map(narrowed),
  dtypes: new Set(['float32', 'int8', 'int16', 'int32', 'int64', 'uint8', 'bool']),
  rules: [...tfliteTarget.rules, ...microRules].map(narrowed),
}
