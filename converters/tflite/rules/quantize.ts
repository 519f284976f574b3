import type { DType } from '../../../src/ir/dtype.ts'
import type { Node, Value } from '../../../src/ir/model.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import { bytesOf, deferredTensor, viewOf } from '../../../src/ir/tensor.ts'
import { tensorType } from '../../../src/ir/types.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { dtypeOf, intOf, isAll, numbersOf, rankOf, shapeOf, sizesOf } from '../../../src/passes/kit/values.ts'
import { rule } from '../../../src/rewrite/pattern.ts'
import type { Rule } from '../../../src/rewrite/rule.ts'
import type { Grain } from '../kit/grain.ts'
import { grainOf, noteGrains, sameGrain, withGrain } from '../kit/grain.ts'
import { onNode, realOf, realsOf } from './kit.ts'

/** Scale and zero point of ONNX's QuantizeLinear or DequantizeLinear; undefined when they are not constant, or are by blocks. */
function grainOfNode(node: Node): Grain | undefined {
  const [x, s, z] = node.inputs
  const [scale, zero, rank] = [numbersOf(s), z ? numbersOf(z) : undefined, rankOf(x)]
  if (scale === undefined || rank === undefined || (z && zero === undefined) || rankOf(s)! > 1 || scale.some(n => !(n > 0))) return undefined
  const axis = intOf(node, 'axis', 1)
  return { scale, zero: zero ?? scale.map(() => 0), axis: scale.length === 1 ? 0 : axis < 0 ? axis + rank : axis }
}

const quantize = onNode('quantize', 'QuantizeLinear', (node, b, refuse) => {
  const x = node.inputs[0]!
  const [grain, to] = [grainOfNode(node), dtypeOf(node.outputs[0])]
  if (grain?.scale.length !== 1 || dtypeOf(x) !== 'float32') return refuse('it takes float32 and one constant scale')
  if (to !== 'int8' && to !== 'uint8' && !(to === 'int16' && grain.zero[0] === 0)) return refuse(`QUANTIZE makes no ${to}`)
  return made(b, 'tflite::QUANTIZE', [x], to, grain)
})

/** A QUANTIZE, whose output states what it makes. */
function made(b: Builder, op: string, inputs: readonly Value[], dtype: DType, grain: Grain): Value {
  const y = b.op(op, inputs)
  y.type = tensorType(dtype, shapeOf(inputs[0]))
  return noted(y, grain)
}

/** An output with its scale, noted in its node. */
const noted = (y: Value, grain: Grain): Value => noteGrains(withGrain(y, grain).producer!.node)

const dequantize = onNode('dequantize', 'DequantizeLinear', (node, b, refuse) => {
  const x = node.inputs[0]!
  const [grain, dtype] = [grainOfNode(node), dtypeOf(x)]
  if (grain === undefined || dtypeOf(node.outputs[0]) !== 'float32') return refuse('its scales must be constant, and its output float32')
  // a bias
  if (x.isConstant && dtype === 'int32') return realsOf(b, x.constant!, grain, x.name)
  if (dtype !== 'int8' && dtype !== 'uint8' && dtype !== 'int16') return refuse(`DEQUANTIZE takes no ${dtype}`)
  if (grain.scale.length > 1 && (!x.isConstant || grain.zero.some(z => z !== 0))) return refuse('scales for each channel are for constants, with zero points of 0')
  if (x.isConstant) return realOf(b, withGrain(b.constant(x.constant!, x.name), grain))
  const known = grainOf(x)
  if (known && !sameGrain(known, grain)) return refuse('the integers have another scale already')
  return realOf(b, withGrain(x, grain))
})

/** The runtime's kernels are for int8: uint8 with its zero point moved by 128. */
const signed = onNode('signed-integers', 'DequantizeLinear', (node, b, refuse) => {
  const [x, s, z] = node.inputs as [Value, Value, Value | undefined]
  const zero = z ? numbersOf(z) : undefined
  const maker = x.producer?.node
  if (dtypeOf(x) !== 'uint8' || zero === undefined) return refuse('it is not of uint8 with a constant zero point')
  const moved = b.bytes('int8', sizesOf(z)!, bytesOf(Int8Array.from(zero, n => n - 128)))
  if (x.isConstant) return b.op('DequantizeLinear', [b.constant(flipped(x.constant!), x.name), s, moved], { ...node.attributes })
  if (maker?.qualified !== 'QuantizeLinear' || maker.inputs[2] === undefined) return refuse('the integers come from elsewhere')
  const before = numbersOf(maker.inputs[2])
  if (before?.length !== 1 || before[0] !== zero[0] || maker.inputs[1] !== s) return refuse('the integers have another scale')
  const again = b.op('QuantizeLinear', [maker.inputs[0], s, moved], without(maker, 'output_dtype'))
  return b.op('DequantizeLinear', [again, s, moved], { ...node.attributes })
})

const without = (node: Node, name: string) => Object.fromEntries(Object.entries(node.attributes).filter(([key]) => key !== name))
const flipped = (tensor: Tensor): Tensor => deferredTensor('int8', tensor.shape, [tensor], 'uint8-to-int8', ([bytes]) => bytes!.map(n => n ^ 0x80))

/** The integers behind a DEQUANTIZE. */
const behind = (value: Value | undefined): Value | undefined => {
  const node = value?.producer?.node
  return node?.qualified === 'tflite::DEQUANTIZE' && dtypeOf(node.inputs[0]) === 'int8' && grainOf(node.inputs[0])?.scale.length ? node.inputs[0] : undefined
}
const single = (value: Value | undefined): Grain | undefined => {
  const grain = grainOf(value)
  return grain?.scale.length === 1 ? grain : undefined
}

/** A bias on the grid of the sums: data's scale times weights'. */
function biasOn(b: Builder, bias: Value, scales: readonly number[]): Value {
  const held = bias.constant!
  const tensor = deferredTensor('int32', held.shape, [held], `bias-on-${scales.join()}`, ([bytes]) => {
    const from = viewOf(held.dtype, bytes!) as Float32Array
    return bytesOf(Int32Array.from(from, (x, i) => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.round(x / scales[scales.length === 1 ? 0 : i]!)))))
  })
  return withGrain(b.constant(tensor, bias.name), { scale: scales, zero: scales.map(() => 0), axis: 0 })
}

type Form = (b: Builder, node: Node, out: Grain) => readonly Value[] | undefined

/** Products with weights whose scales, if there are many, go along this axis. */
const weighted = (axis: number): Form => (b, node) => {
  const [x, w, bias] = [behind(node.inputs[0]), behind(node.inputs[1]), node.inputs[2]]
  const [from, grain] = [single(x), grainOf(w)]
  if (!x || !w?.isConstant || !from || !grain || grain.zero.some(z => z !== 0) || (grain.scale.length > 1 && grain.axis !== axis)) return undefined
  if (bias && !(bias.isConstant && dtypeOf(bias) === 'float32')) return undefined
  const scales = grain.scale.map(s => Math.fround(s * from.scale[0]!))
  return [x, w, ...(bias ? [biasOn(b, bias, scales)] : [])]
}
/** All of these inputs behind DEQUANTIZEs; what else there is stays. */
const plain = (count: number, like = false): Form => (_, node, out) => {
  const data = node.inputs.slice(0, count).map(behind)
  if (!data.every((v): v is Value => v !== undefined && single(v) !== undefined && (!like || sameGrain(single(v)!, out)))) return undefined
  return [...data, ...(node.inputs.slice(count) as Value[])]
}

/** How operators whose result goes to a QUANTIZE take integers. */
const forms: Readonly<Record<string, Form>> = {
  CONV_2D: weighted(0), DEPTHWISE_CONV_2D: weighted(3), FULLY_CONNECTED: weighted(0),
  ADD: plain(2), SUB: plain(2), MUL: plain(2), MEAN: plain(1), RELU: plain(1), RELU6: plain(1), LEAKY_RELU: plain(1), HARD_SWISH: plain(1),
  AVERAGE_POOL_2D: plain(1, true), RESIZE_BILINEAR: plain(1, true), RESIZE_NEAREST_NEIGHBOR: plain(1, true), CONCATENATION: plain(Infinity, true),
}

const named = (names: readonly string[]): string => names.map(n => `tflite::${n}`).join('|')
/** The scale of what a QUANTIZE to int8 makes of real numbers. */
function gridOf(node: Node): Grain | undefined {
  const y = node.outputs[0]
  return dtypeOf(y) === 'int8' && dtypeOf(node.inputs[0]) === 'float32' ? single(y) : undefined
}
const noGrid = 'it is not to int8 with one scale'

const again = rule('tflite-quantized-again', p => p.op('tflite::QUANTIZE', p.op('tflite::DEQUANTIZE').shared()), ({ root }, b, refuse) => {
  const [grain, x] = [gridOf(root), behind(root.inputs[0])]
  if (!grain || !x) return refuse(noGrid)
  return sameGrain(grainOf(x)!, grain) ? x : made(b, 'tflite::QUANTIZE', [x], 'int8', grain)
})

const fuse = rule('tflite-quantized', p => p.op('tflite::QUANTIZE', p.op(named(Object.keys(forms))).as('maker')), ({ root, nodes }, b, refuse) => {
  const [grain, maker] = [gridOf(root), nodes['maker']!]
  const inputs = grain && forms[maker.op]!(b, maker, grain)
  return grain && inputs ? noted(b.op(maker.qualified, inputs, maker.attributes), grain) : refuse('its inputs are not integers with scales')
})

/** A QUANTIZE goes before what puts elements in another order, so that it meets what makes the numbers. */
const before = rule('tflite-quantized-before', p => p.op('tflite::QUANTIZE', p.op(named(['RESHAPE', 'TRANSPOSE', 'SQUEEZE', 'EXPAND_DIMS'])).as('maker')), ({ root, nodes }, b, refuse) => {
  const [grain, maker] = [gridOf(root), nodes['maker']!]
  if (!grain) return refuse(noGrid)
  const x = made(b, 'tflite::QUANTIZE', [maker.inputs[0]!], 'int8', grain)
  return noted(b.op(maker.qualified, [x, ...maker.inputs.slice(1)], maker.attributes), grain)
})

/** Operators that only move elements or pick the greatest: the same before DEQUANTIZE as after. */
const movers = ['RESHAPE', 'TRANSPOSE', 'SQUEEZE', 'EXPAND_DIMS', 'SLICE', 'STRIDED_SLICE', 'GATHER', 'PAD', 'PADV2', 'MAX_POOL_2D', 'DEPTH_TO_SPACE', 'SPACE_TO_DEPTH', 'RESIZE_NEAREST_NEIGHBOR']

const commute = rule('tflite-quantized-moves', p => p.op(named(movers), p.op('tflite::DEQUANTIZE').shared()).rest(), ({ root }, b, refuse) => {
  const x = behind(root.inputs[0])
  const grain = single(x)
  if (!x || !grain || x.isConstant || root.attributes['fused_activation_function']) return refuse('its input is not integers with one scale')
  const rest = root.inputs.slice(1) as Value[]
  if (root.op === 'PADV2') {
    // nothing is less than the least integer
    if (!isAll(rest[1], -Infinity)) return refuse('the filler is not on the grid')
    rest[1] = withGrain(b.bytes('int8', [], bytesOf(Int8Array.of(-128))), grain)
  }
  return realOf(b, noted(b.op(root.qualified, [x, ...rest], root.attributes), grain))
})

export const quantizeRules: readonly Rule[] = [quantize, dequantize, again, fuse, before, commute]
export const signedRules: readonly Rule[] = [signed]
