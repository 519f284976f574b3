import type { Value } from '../../../src/ir/model.ts'
import type { Rule } from '../../../src/rewrite/rule.ts'
import { grainOf, noteGrains, withGrain } from '../kit/grain.ts'
import { dtypeOf } from '../operator.ts'
import { castTo, onNode } from './kit.ts'

const prefixed = (names: string): string[] => names.split(/\s+/).map(n => `tflite::${n}`)
const movers = prefixed('RESHAPE TRANSPOSE SQUEEZE EXPAND_DIMS SLICE STRIDED_SLICE GATHER GATHER_ND TILE BROADCAST_TO REVERSE_V2 DEPTH_TO_SPACE SPACE_TO_DEPTH MAX_POOL_2D')
const comparisons = new Set(prefixed('EQUAL NOT_EQUAL LESS LESS_EQUAL GREATER GREATER_EQUAL'))
const others = [...comparisons, ...prefixed('PAD PADV2 MIRROR_PAD CONCATENATION PACK MAXIMUM MINIMUM SELECT SELECT_V2 ADD SUB MUL REDUCE_MAX REDUCE_MIN SUM ARG_MAX ARG_MIN TOPK_V2')]

const scaled = (v: Value | undefined): boolean => ['int8', 'uint8', 'int16'].includes(dtypeOf(v) ?? '') && grainOf(v) !== undefined

/** Integers keep their scale where they only move: the runtime's kernels and delegates want it on both sides. */
const carry = onNode('scale-carried', movers, (node, _, refuse) => {
  const [x, y] = [node.inputs[0]!, node.outputs[0]!]
  const grain = scaled(x) ? grainOf(x)! : undefined
  if (grain?.scale.length !== 1 || grainOf(y) !== undefined || dtypeOf(y) !== dtypeOf(x)) return refuse('no scale is to be carried')
  noteGrains(withGrain(y, grain).producer!.node)
  return node.outputs
})

/** Integers of a QUANTIZE that the source takes as they are: brought to int32 and back they are plain, else kernels would take them for what they stand for. */
const plain = onNode('scale-left', others, (node, b, refuse) => {
  if (node.attributes['grains'] !== undefined || !node.inputs.some(scaled)) return refuse('none of its inputs has a scale that it is not said to use')
  // small integers are compared by their scales, which plain ones have none of
  const compared = comparisons.has(node.qualified)
  const inputs = node.inputs.map(v => (compared && v ? castTo(b, v, 'int32') : v && scaled(v) ? castTo(b, castTo(b, v, 'int32'), dtypeOf(v)!) : v))
  return b.ops(node.qualified, inputs, node.outputs.length, node.attributes)
})

export const plainIntegerRules: readonly Rule[] = [carry, plain]
