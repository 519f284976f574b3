import type { Node, Value } from '../../ir/model.ts'
import { bitsOf } from '../../ir/dtype.ts'
import { reshapedTensor } from '../../ir/tensor.ts'
import { elementCount } from '../../ir/types.ts'
import type { Builder } from '../../ops/builder.ts'
import { channelsLast } from '../../ops/kit/nhwc.ts'
import { constantOf, rankOf, sizesOf } from '../../passes/kit/values.ts'
import { transposeTensor } from '../../passes/kit/weights.ts'
import type { Carry, Port } from './carry.ts'

const names = `Abs Acos Acosh Add And Asin Asinh Atan Atanh BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Cast CastLike Ceil Celu Clip Cos Cosh Div Dropout Elu Equal Erf Exp
Floor Gelu Greater GreaterOrEqual HardSigmoid HardSwish Identity IsInf IsNaN LeakyRelu Less LessOrEqual Log Max Mean Min Mish Mod Mul Neg Not Or PRelu Pow Reciprocal
Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Sub Sum Swish Tan Tanh ThresholdedRelu Where Xor`
const elementwise = new Set(names.split(/\s+/))

const single = (v: Value): boolean => sizesOf(v)?.every(n => n === 1) === true

/** QuantizeLinear and DequantizeLinear with one scale for all. */
const isQuantization = (node: Node): boolean => (node.op === 'QuantizeLinear' || node.op === 'DequantizeLinear') && node.inputs.slice(1).every(v => v === undefined || single(v))

/** A constant as it is read beside channel-last data of `rank` axes. */
function adapt(make: Builder, v: Value, rank: number): Value {
  const tensor = constantOf(v)!
  if (elementCount(tensor.shape) === 1) return v
  const full = reshapedTensor(tensor, [...Array<number>(rank - tensor.shape.length).fill(1), ...tensor.shape])
  return make.constant(transposeTensor(full, channelsLast(rank)), v.name)
}

/** A value of fewer axes as it is read beside channel-last data. */
function widen(make: Builder, v: Value, rank: number): Value {
  const full = make.op('Unsqueeze', [v, make.ints(Array.from({ length: rank - rankOf(v)! }, (_, i) => i))])
  return make.op('Transpose', [full], { perm: channelsLast(rank) })
}

/** Operators that work element by element, with broadcasting. */
export function carryElementwise(node: Node): Carry | undefined {
  const rank = rankOf(node.outputs[0])
  if (node.domain !== '' || !(elementwise.has(node.op) || isQuantization(node)) || rank === undefined || rank < 3) return undefined
  const adapted: number[] = []
  const widened: number[] = []
  const inputs: (Port | undefined)[] = node.inputs.map((v, i) => {
    if (v === undefined) return 'any'
    const tensor = constantOf(v)
    if (tensor) {
      if (tensor.shape.length > rank || tensor.strings || bitsOf(tensor.dtype) % 8 !== 0) return undefined
      adapted.push(i)
      return 'any'
    }
    if (single(v) && rankOf(v)! <= rank) return 'any'
    const own = rankOf(v)
    if (own === undefined || own > rank) return undefined
    if (own === rank) return 'node'
    widened.push(i)
    return 'first'
  })
  if (inputs.some(p => p === undefined)) return undefined
  return {
    inputs: inputs as Port[],
    outputs: node.outputs.map(() => 'node'),
    apply(n, make) {
      for (const i of adapted) n.setInput(i, adapt(make, n.inputs[i]!, rank))
      for (const i of widened) n.setInput(i, widen(make, n.inputs[i]!, rank))
    },
  }
}
