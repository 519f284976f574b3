import type { Node, Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { attributesOf } from '../../../src/ops/meaning.ts'
import { dtypeOf, floatOf, intsOf } from '../../../src/passes/kit/values.ts'
import { castTo, int32s, onNode, runtimeShape } from './kit.ts'

/** Seeds of the runtime's generators, neither of which is 0, by the bits of ONNX's. */
function seedsOf(node: Node): Readonly<Record<string, number>> {
  const seed = attributesOf(node).float('seed')
  return seed === undefined ? {} : { seed: 1 + (new Uint32Array(Float32Array.of(seed).buffer)[0]! >>> 1), seed2: 1 }
}

const moved = (b: Builder, drawn: Value, spread: number, from: number): Value => {
  const wide = spread === 1 ? drawn : b.op('tflite::MUL', [drawn, b.scalar(spread, 'float32')])
  return from === 0 ? wide : b.op('tflite::ADD', [wide, b.scalar(from, 'float32')])
}

/** Numbers from 0 to 1, or of mean 0 and deviation 1, and then by scale and offset. */
const random = onNode('random', ['RandomUniform', 'RandomUniformLike', 'RandomNormal', 'RandomNormalLike'], (node, b, refuse) => {
  const dtype = dtypeOf(node.outputs[0])
  if (dtype !== 'float32' && dtype !== 'float64') return refuse('random numbers are of float32')
  const sizes = intsOf(node, 'shape')
  const shape = node.inputs[0] ? runtimeShape(b, node.inputs[0]) : sizes && int32s(b, sizes)
  if (shape === undefined) return refuse('the shape is not known')
  if (node.op.startsWith('RandomNormal')) return castTo(b, moved(b, b.op('tflite::RANDOM_STANDARD_NORMAL', [shape], seedsOf(node)), floatOf(node, 'scale', 1), floatOf(node, 'mean', 0)), dtype)
  const low = floatOf(node, 'low', 0)
  return castTo(b, moved(b, b.op('tflite::RANDOM_UNIFORM', [shape], seedsOf(node)), floatOf(node, 'high', 1) - low, low), dtype)
})

export const randomRules = [random]
