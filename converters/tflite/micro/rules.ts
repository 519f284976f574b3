import type { Value } from '../../../src/ir/model.ts'
import { dtypeOf, intOf, numbersOf, rankOf, shapeOf } from '../../../src/passes/kit/values.ts'
import type { Rule } from '../../../src/rewrite/rule.ts'
import { castTo, int32s, onNode } from '../rules/kit.ts'

/** Places counted from the end, with kernels that know int32: n is added to those below 0. */
const gather = onNode('micro-gather', 'Gather', (node, b, refuse) => {
  const [x, places] = node.inputs as [Value, Value]
  const [rank, dtype] = [rankOf(x), dtypeOf(x)]
  if (rank === undefined || (dtype !== 'float32' && dtype !== 'int8') || dtypeOf(places) !== 'int32') return refuse('it is for float32 or int8, and places of int32')
  const given = intOf(node, 'axis', 0)
  const axis = given < 0 ? given + rank : given
  const size = shapeOf(x)?.[axis]
  if (typeof size !== 'number') return refuse('the size of the axis is not known')
  const below = castTo(b, b.op('tflite::LESS', [places, int32s(b, [0], [])]), 'int32')
  const counted = b.op('tflite::ADD', [places, b.op('tflite::MUL', [below, int32s(b, [size], [])])])
  return b.op('tflite::GATHER', [x, counted], { axis: axis || undefined })
})

/** Small powers as products. */
const power = onNode('micro-power', 'Pow', (node, b, refuse) => {
  const [x, exponent] = [node.inputs[0]!, numbersOf(node.inputs[1]!)]
  const [times] = exponent ?? []
  if (exponent?.length !== 1 || times === undefined || !Number.isInteger(times) || times < 1 || times > 8 || rankOf(node.inputs[1])! > (rankOf(x) ?? 0)) return refuse('the exponent is no small whole number')
  return Array.from({ length: times - 1 }).reduce<Value>(y => b.op('tflite::MUL', [y, x]), x)
})

/** Other ways for what the larger runtime's rules make operators of that TensorFlow Lite Micro lacks; tried after these. */
export const microRules: readonly Rule[] = [gather, power]
