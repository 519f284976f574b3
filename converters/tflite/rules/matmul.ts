import type { Value } from '../../../src/ir/model.ts'
import { reshapedTensor } from '../../../src/ir/tensor.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { dtypeOf, floatOf, intOf, rankOf, shapeOf, sizesOf } from '../../../src/passes/kit/values.ts'
import { deriveTensor, pick } from '../../../src/passes/kit/weights.ts'
import { int32s, isHeld, onNode, reshapeTo, transposed } from './kit.ts'

const scaled = (b: Builder, value: Value, factor: number): Value =>
  factor === 1 ? value : b.constant(deriveTensor(value.constant!, value.constant!.shape, [value.constant!], `times-${factor}`, ([from], out) => from!.forEach((x, i) => (out[i] = x * factor))), value.name)

/** A constant that adds one number to each unit, as a bias; undefined when it is something else. */
function biasOf(b: Builder, c: Value | undefined, units: number): Value | undefined {
  const shape = c?.isConstant ? c.constant!.shape : undefined
  if (c === undefined || shape === undefined || shape.slice(0, -1).some(d => d !== 1)) return undefined
  const last = shape.at(-1) ?? 1
  if (last === units) return shape.length === 1 ? c : b.constant(reshapedTensor(c.constant!, [units]), c.name)
  return last === 1 ? b.constant(deriveTensor(c.constant!, [units], [c.constant!], `repeat-${units}`, ([from], out) => out.fill(pick(from!, 0))), c.name) : undefined
}

/** FULLY_CONNECTED where the weights are constant, BATCH_MATMUL where they are not. */
const gemm = onNode('gemm', 'Gemm', (node, b, refuse) => {
  const [given, w, c] = node.inputs as [Value, Value, Value | undefined]
  const [alpha, beta] = [floatOf(node, 'alpha', 1), floatOf(node, 'beta', 1)]
  const shape = sizesOf(w)
  if (dtypeOf(given) !== 'float32' || shape === undefined) return refuse('it takes float32 and weights of a known shape')
  const x = intOf(node, 'transA', 0) === 1 ? transposed(b, given, [1, 0]) : given
  const turned = intOf(node, 'transB', 0) === 1
  const units = shape[turned ? 0 : 1]!
  const times = (v: Value, factor: number): Value => (factor === 1 ? v : v.isConstant ? scaled(b, v, factor) : b.op('tflite::MUL', [v, b.scalar(factor, 'float32')]))
  const rest = c && beta !== 0 ? times(c, beta) : undefined
  const bias = biasOf(b, rest, units)
  let y: Value
  const held = w.isConstant || (isHeld(w) && alpha === 1)
  if (held) {
    const weights = turned ? w : transposed(b, w, [1, 0])
    y = b.op('tflite::FULLY_CONNECTED', [x, times(weights, alpha), ...(bias ? [bias] : [])])
  } else {
    y = times(b.op('tflite::BATCH_MATMUL', [x, w], { adj_y: turned || undefined }), alpha)
  }
  return rest && !(bias && held) ? b.op('tflite::ADD', [y, rest]) : y
})

const matMul = onNode('matmul', 'MatMul', (node, b, refuse) => {
  const [x, w] = node.inputs as [Value, Value]
  const [rows, shape] = [rankOf(x), shapeOf(w)]
  if (dtypeOf(x) !== 'float32' || rows === undefined || shape === undefined) return refuse('it takes float32 of known rank')
  if (rows >= 2 && shape.length === 2 && isHeld(w)) {
    return b.op('tflite::FULLY_CONNECTED', [x, transposed(b, w, [1, 0])], { keep_num_dims: rows > 2 || undefined })
  }
  if (rows >= 2 && shape.length >= 2) return b.op('tflite::BATCH_MATMUL', [x, w])
  // a vector is a matrix of one row or one column
  const target = shapeOf(node.outputs[0])
  const a = rows === 1 ? b.op('tflite::EXPAND_DIMS', [x, int32s(b, [0], [])]) : x
  const c = shape.length === 1 ? b.op('tflite::EXPAND_DIMS', [w, int32s(b, [1], [])]) : w
  const y = b.op('tflite::BATCH_MATMUL', [a, c])
  return (target && reshapeTo(b, y, target)) ?? refuse('the shape of the product is not known')
})

/** A bias added to a product, or to the bias that it has. */
const bias = onNode('fuse-bias', 'tflite::ADD', (node, b, refuse) => {
  const at = node.inputs.findIndex(v => v?.isConstant)
  const product = node.inputs[1 - at]?.producer?.node
  const [x, weights, first] = product?.inputs ?? []
  const units = sizesOf(weights)?.[0]
  if (at < 0 || product?.qualified !== 'tflite::FULLY_CONNECTED' || node.inputs[1 - at]!.uses.size !== 1 || !weights?.isConstant) return refuse('no product with a constant')
  if (dtypeOf(node.inputs[at]) !== 'float32' || product.attributes['fused_activation_function'] || units === undefined || (first && !first.isConstant) || rankOf(node.inputs[at])! > rankOf(product.outputs[0])!) return refuse('not a bias')
  const added = biasOf(b, node.inputs[at], units)
  if (!added) return refuse('not one number for each unit')
  const both = first ? deriveTensor(added.constant!, [units], [first.constant!, added.constant!], 'sum', ([p, q], out) => p!.forEach((n, i) => (out[i] = n + q![i]!))) : undefined
  return b.op('tflite::FULLY_CONNECTED', [x, weights, both ? b.constant(both, added.name) : added], { ...product.attributes, ...node.attributes })
})

export const matMulRules = [gemm, matMul, bias]
