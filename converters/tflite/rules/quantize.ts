import type { Node, Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { dtypeOf, intOf, numbersOf, rankOf } from '../../../src/passes/kit/values.ts'
import { rule } from '../../../src/rewrite/pattern.ts'
import type { Rule } from '../../../src/rewrite/rule.ts'
import type { Grain } from '../kit/grain.ts'
import { grainOf, sameGrain, withGrain } from '../kit/grain.ts'
import { onNode, realOf, realsOf } from './kit.ts'
import { formRules } from './quantize-forms.ts'
import { behind, isNarrow, quantizedTo, regrid, single, turned } from './quantize-kit.ts'
import { moveRules } from './quantize-moves.ts'

/** Scale and zero point of ONNX's QuantizeLinear or DequantizeLinear; undefined when they are not constant, or are by blocks. */
function grainOfNode(node: Node): Grain | undefined {
  const [x, s, z] = node.inputs
  const [scale, zero, rank] = [numbersOf(s), z ? numbersOf(z) : undefined, rankOf(x)]
  if (scale === undefined || rank === undefined || (z && zero === undefined) || rankOf(s)! > 1 || scale.some(n => !(n > 0))) return undefined
  const axis = intOf(node, 'axis', 1)
  return { scale, zero: zero ?? scale.map(() => 0), axis: scale.length === 1 ? 0 : axis < 0 ? axis + rank : axis }
}

/** The runtime's kernels are for int8: of uint8 the zero point moves by 128. */
const moved = (grain: Grain, by: number): Grain => ({ ...grain, zero: grain.zero.map(n => n + by) })

const quantize = onNode('quantize', 'QuantizeLinear', (node, b, refuse) => {
  const x = node.inputs[0]!
  const [grain, to] = [grainOfNode(node), dtypeOf(node.outputs[0])]
  if (grain?.scale.length !== 1 || dtypeOf(x) !== 'float32') return refuse('it takes float32 and one constant scale')
  if (to === 'uint8') return quantizedTo(b, quantizedTo(b, x, 'int8', moved(grain, -128)), 'uint8', grain)
  if (to !== 'int8' && !(to === 'int16' && grain.zero[0] === 0)) return refuse(`QUANTIZE makes no ${to}`)
  return quantizedTo(b, x, to, grain)
})

const dequantize = onNode('dequantize', 'DequantizeLinear', (node, b, refuse) => {
  const x = node.inputs[0]!
  const [grain, dtype] = [grainOfNode(node), dtypeOf(x)]
  if (grain === undefined || dtypeOf(node.outputs[0]) !== 'float32') return refuse('its scales must be constant, and its output float32')
  // a bias
  if (x.isConstant && dtype === 'int32') return realsOf(b, x.constant!, grain, x.name)
  if (dtype !== 'int8' && dtype !== 'uint8' && !(dtype === 'int16' && grain.zero.every(z => z === 0))) return refuse(`DEQUANTIZE takes no ${dtype}${dtype === 'int16' ? ' with a zero point' : ''}`)
  const own = dtype === 'uint8' ? moved(grain, -128) : grain
  if (grain.scale.length > 1 && x.isConstant && own.zero.some(z => z !== 0)) return realsOf(b, x.constant!, grain, x.name)
  if (grain.scale.length > 1 && !x.isConstant) return refuse('scales for each channel are for constants')
  if (x.isConstant) return realOf(b, withGrain(b.constant(dtype === 'uint8' ? turned(x.constant!, 'int8') : x.constant!, x.name), own))
  const known = grainOf(x)
  if (known && !sameGrain(known, grain)) return refuse('the integers have another scale already')
  const given = withGrain(x, grain)
  return realOf(b, dtype === 'uint8' ? signed(b, given, grain) : given)
})

/** uint8 as int8; what a QUANTIZE made of int8 is that again. */
function signed(b: Builder, x: Value, grain: Grain): Value {
  const maker = x.producer?.node
  const before = maker?.qualified === 'tflite::QUANTIZE' && dtypeOf(maker.inputs[0]) === 'int8' ? maker.inputs[0]! : undefined
  return before && sameGrain(grainOf(before)!, moved(grain, -128)) ? before : quantizedTo(b, x, 'int8', moved(grain, -128))
}

const again = rule('tflite-quantized-again', p => p.op('tflite::QUANTIZE', p.op('tflite::DEQUANTIZE').shared()), ({ root }, b, refuse) => {
  const [grain, x, to] = [single(root.outputs[0]), behind(root.inputs[0]), dtypeOf(root.outputs[0])]
  if (!grain || !single(x) || !isNarrow(to)) return refuse('it is not from integers with one scale to others')
  return dtypeOf(x) === to ? regrid(b, x!, grain) : quantizedTo(b, x!, to, grain)
})

/** There and back between int8 and uint8. */
const back = rule('tflite-quantized-back', p => p.op('tflite::QUANTIZE', p.op('tflite::QUANTIZE', p.x).shared().as('first')), ({ root, x }, _, refuse) => {
  const [from, through, to] = [x, root.inputs[0], root.outputs[0]].map(single)
  const types = [x, root.inputs[0], root.outputs[0]].map(dtypeOf)
  if (!from || !through || !to || types[0] !== types[2] || !sameGrain(from, to) || !['int8', 'uint8'].includes(types[0]!) || types[1] === types[0]) return refuse('it comes back as something else')
  return sameGrain(moved(from, types[0] === 'int8' ? 128 : -128), through) ? x : refuse('the scale between is another')
})

export const quantizeRules: readonly Rule[] = [quantize, dequantize, again, back, ...formRules, ...moveRules]
