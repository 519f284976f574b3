import type { DType } from '../../../src/ir/dtype.ts'
import { bitsOf, kindOf } from '../../../src/ir/dtype.ts'
import type { Node, Value } from '../../../src/ir/model.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import { attributesOf } from '../../../src/ops/meaning.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { evaluateNode } from '../../../src/ops/evaluate.ts'
import { dtypeOfNumber, numberOfDType } from '../../../src/ops/kit/datatype.ts'
import { elementsOf, tensorOfElements } from '../../../src/ops/kit/elements.ts'
import { isSmallFloat } from '../../../src/ops/kit/minifloat.ts'
import { onSmallGrid } from '../../../src/ops/kit/minifloat-graph.ts'
import { dtypeOf, intOf } from '../../../src/passes/kit/values.ts'
import { smallTypes } from '../dtypes.ts'
import { castTo, onNode } from './kit.ts'

/** The numbers of a tensor of a small type in the type that carries them. */
function carried(tensor: Tensor): Tensor {
  const to = smallTypes[tensor.dtype]
  return to ? tensorOfElements(to, tensor.shape, elementsOf(tensor), tensor.dtype, { saturate: true, rounding: 'nearest' }) : tensor
}

/** Integers cut to the bits of a small type. */
function wrapped(b: Builder, x: Value, to: DType): Value {
  const [bits, from] = [bitsOf(to), dtypeOf(x)!]
  const wide = from === 'int64' || from === 'uint32' ? 'int64' : 'int32'
  const whole = castTo(b, x, wide)
  const [range, half] = [b.scalar(2 ** bits, wide), b.scalar(2 ** (bits - 1), wide)]
  if (kindOf(to) === 'uint') return castTo(b, b.op('tflite::FLOOR_MOD', [whole, range]), smallTypes[to]!)
  return castTo(b, b.op('tflite::SUB', [b.op('tflite::FLOOR_MOD', [b.op('tflite::ADD', [whole, half]), range]), half]), smallTypes[to]!)
}

function rounded(b: Builder, node: Node, x: Value, to: DType): Value | undefined {
  const from = dtypeOf(x)!
  const rounding = attributesOf(node).string('round_mode', 'up')
  if (!isSmallFloat(to) || (rounding !== 'up' && rounding !== 'down' && rounding !== 'nearest')) return undefined
  // float64 would be rounded twice, and so would integers be on their way to powers of two
  if (from === 'float64' || (to === 'float8e8m0' && kindOf(from) !== 'float' && bitsOf(from) > 16)) return undefined
  const real = from === 'float32' ? x : b.op('Cast', [x], { to: numberOfDType('float32') })
  return onSmallGrid(b, real, to, { saturate: intOf(node, 'saturate', 1) !== 0, rounding })
}

/** Types that the runtime does not compute with are carried in wider ones that hold their numbers. */
const castSmall = onNode('cast-small', 'Cast', (node, b, refuse) => {
  const x = node.inputs[0]!
  const [from, to] = [dtypeOf(x), dtypeOf(node.outputs[0]) ?? dtypeOfNumber(intOf(node, 'to', 0))]
  if (from === undefined || to === undefined || (smallTypes[from] === undefined && smallTypes[to] === undefined)) return refuse('neither type is carried in another')
  if (x.isConstant && x.constant!.peek()) return b.constant(carried(evaluateNode(node, [x.constant!])[0] as Tensor), x.name)
  if (smallTypes[from] !== undefined) return refuse(`${from} is not carried in another type here`)
  if (smallTypes[to] === undefined) return refuse('it is no small type')
  if (kindOf(to) !== 'float') return wrapped(b, x, to)
  return rounded(b, node, x, to) ?? refuse(`numbers of ${from} would be rounded on their way to ${to}`)
})

/** Constants of such types that only move are moved now: what reads them then takes their numbers. */
const moveSmall = onNode('move-small', ['Reshape', 'Unsqueeze', 'Squeeze', 'Flatten', 'Transpose', 'Expand', 'Tile', 'Slice', 'Gather'], (node, b, refuse) => {
  const held = node.inputs.map(v => (v?.isConstant && v.constant!.peek() ? v.constant : undefined))
  if (smallTypes[dtypeOf(node.inputs[0])!] === undefined || held.some((t, i) => node.inputs[i] && !t)) return refuse('it moves no constants of small types')
  return b.constant(evaluateNode(node, held)[0] as Tensor)
})

export const smallTypeRules = [castSmall, moveSmall]
