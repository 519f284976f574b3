import type { Node, Value } from '../../../src/ir/model.ts'
import { bytesOf } from '../../../src/ir/tensor.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { operatorOf } from '../../../src/ops/registry.ts'
import { dtypeOf, numbersOf, rankOf, sizesOf } from '../../../src/passes/kit/values.ts'
import { rule } from '../../../src/rewrite/pattern.ts'
import type { Refused, Rule } from '../../../src/rewrite/rule.ts'

const everywhere = (name: string, ops: readonly string[], replace: (node: Node, b: Builder, refuse: (reason: string) => Refused) => ReturnType<Rule['replace']>): Rule => ({
  name,
  roots: ops,
  pattern: { kind: 'op', op: ops.join('|'), inputs: [], commutes: false },
  replace: (match, b, refuse) => replace(match.root, b, refuse),
})

const microsoft = `QLinearConv QLinearAdd QLinearMul QLinearSigmoid QLinearLeakyRelu QLinearSoftmax QLinearConcat QLinearWhere QLinearAveragePool QLinearGlobalAveragePool QLinearReduceMean QGemm
  QuantizeLinear DequantizeLinear DynamicQuantizeMatMul MatMulIntegerToFloat`

/** Operators on integers as operators on real numbers between DequantizeLinear and QuantizeLinear. */
const spelledOut = everywhere('spell-out-quantized', ['QLinearConv', ...microsoft.split(/\s+/).map(n => `com.microsoft::${n}`)], (node, b, refuse) => operatorOf(node)?.decompose?.(b, node) ?? refuse('it has no such form'))

const product = everywhere('spell-out-quantized-product', ['QLinearMatMul'], (node, b, refuse) => {
  const [x, xScale, xZero, w, wScale, wZero, scale, zero] = node.inputs as readonly Value[]
  const columns = rankOf(w)
  if (columns === undefined || [xScale, scale].some(s => sizesOf(s)?.some(n => n !== 1) !== false)) return refuse('rows have scales of their own')
  const real = b.op('MatMul', [b.op('DequantizeLinear', [x, xScale, xZero]), b.op('DequantizeLinear', [w, wScale, wZero], { axis: columns - 1 })])
  return b.op('QuantizeLinear', [real, scale, zero])
})

const movers = ['MaxPool', 'Reshape', 'Transpose', 'Flatten', 'Squeeze', 'Unsqueeze', 'Slice', 'Gather', 'Split', 'Resize', 'Pad', 'DepthToSpace', 'SpaceToDepth', 'Tile', 'Expand', 'Identity']

/** What moves integers moves the real numbers that they stand for. */
const lifted = everywhere('move-real-numbers', movers, (node, b, refuse) => {
  const maker = node.inputs[0]?.producer?.node
  const dtype = dtypeOf(node.inputs[0])
  if (maker?.qualified !== 'QuantizeLinear' || maker.inputs[2] === undefined || (dtype !== 'int8' && dtype !== 'uint8') || (numbersOf(maker.inputs[1])?.length ?? 0) !== 1) return refuse('its input is not integers of one scale')
  if (node.outputs.slice(node.op === 'Split' ? node.outputs.length : 1).some(v => v && v.uses.size > 0)) return refuse('it gives indices')
  const [, scale, zero] = maker.inputs
  const inputs = [b.op('DequantizeLinear', [node.inputs[0], scale, zero]), ...node.inputs.slice(1)]
  if (node.op === 'Pad' && inputs[2]) {
    const [filler, origin] = [numbersOf(inputs[2])?.[0], numbersOf(zero)?.[0]]
    if (filler === undefined || origin === undefined) return refuse('the filler is not known')
    inputs[2] = b.scalar((filler - origin) * numbersOf(scale)![0]!, 'float32')
  }
  const made = b.ops(node.op, inputs, node.op === 'Split' ? node.outputs.length : 1, node.attributes)
  return made.map(y => b.op('QuantizeLinear', [y, scale, zero]))
})

const without = (node: Node, name: string) => Object.fromEntries(Object.entries(node.attributes).filter(([key]) => key !== name))
const sameNumbers = (a: Value | undefined, b: Value | undefined): boolean => a !== undefined && b !== undefined && (a === b || (numbersOf(a) !== undefined && String(numbersOf(a)) === String(numbersOf(b))))

/** The runtime's kernels are for int8: uint8 with its zero point moved by 128. */
const signed = rule('signed-integers', p => p.op('DequantizeLinear', p.op('QuantizeLinear').shared().as('maker'), p.s, p.z), ({ root, s, z, nodes }, b, refuse) => {
  const maker = nodes['maker']!
  const zero = numbersOf(z)
  if (dtypeOf(root.inputs[0]) !== 'uint8' || zero?.length !== 1) return refuse('it is not of uint8 with one constant zero point')
  if (!sameNumbers(maker.inputs[1], s) || !sameNumbers(maker.inputs[2], z)) return refuse('the integers have another scale')
  const moved = b.bytes('int8', sizesOf(z)!, bytesOf(Int8Array.from(zero, n => n - 128)))
  return b.op('DequantizeLinear', [b.op('QuantizeLinear', [maker.inputs[0], s, moved], without(maker, 'output_dtype')), s, moved], { ...root.attributes })
})

const unused = (value: Value): boolean => [...value.uses].every(use => !('graph' in use))

/** What is quantized as it comes and taken back at once stays what it was: the runtime's products with integer weights round by themselves. */
const undone = rule('undo-dynamic-quantization', p => p.op('DequantizeLinear', p.op('DynamicQuantizeLinear', p.x).shared().as('maker'), p.s, p.z), ({ x, s, z, nodes }, _, refuse) => {
  const outputs = nodes['maker']!.outputs
  return s === outputs[1] && z === outputs[2] ? x : refuse('it is taken back by another scale')
})

/** Products of such integers with constant ones, times both scales. */
const dynamic = everywhere('undo-dynamic-product', ['Mul'], (node, b, refuse) => {
  for (const [sums, scales] of [[node.inputs[0], node.inputs[1]], [node.inputs[1], node.inputs[0]]] as const) {
    const cast = sums?.producer?.node
    const integer = cast?.qualified === 'Cast' ? cast.inputs[0]?.producer?.node : undefined
    const both = scales?.producer?.node
    if (!integer || !['MatMulInteger', 'ConvInteger'].includes(integer.qualified) || both?.qualified !== 'Mul' || !unused(cast!.outputs[0]!)) continue
    const [x, w, xZero, wZero] = integer.inputs as readonly (Value | undefined)[]
    const maker = x?.producer?.node
    if (maker?.qualified !== 'DynamicQuantizeLinear' || x !== maker.outputs[0] || xZero !== maker.outputs[2] || !w?.isConstant) continue
    const own = both.inputs.find(v => v !== maker.outputs[1])
    const rank = rankOf(w)
    if (!both.inputs.includes(maker.outputs[1]) || !own?.isConstant || rank === undefined || rankOf(own)! > 1) continue
    const conv = integer.qualified === 'ConvInteger'
    if (conv && sizesOf(own)?.some(n => n !== 1) !== false) continue
    const weights = b.op('DequantizeLinear', [w, own, wZero], { axis: conv ? 0 : rank - 1 })
    return b.op(conv ? 'Conv' : 'MatMul', [maker.inputs[0], weights], integer.attributes)
  }
  return refuse('it is not a product of dynamically quantized integers')
})

/** Other spellings of quantized operators become QuantizeLinear, DequantizeLinear and operators on real numbers between them. */
export const sourceRules: readonly Rule[] = [spelledOut, product, lifted, signed, undone, dynamic]
