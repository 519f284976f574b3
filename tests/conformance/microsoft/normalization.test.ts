import { describe } from 'vitest'
import type { DType } from '../../../src/ir/dtype.ts'
import type { Value } from '../../../src/ir/model.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import type { Draw } from '../quantized/harness.ts'
import { integers } from '../quantized/harness.ts'
import type { Reference } from './table.ts'
import { against, inDType, means } from './table.ts'

// The reference is onnxruntime's CPU provider, graph optimizations off.
const float = (value: number) => ({ type: 'float', value }) as const
const epsilon = (v: number) => (v % 2 ? { epsilon: float(1e-3) } : {})

/** In the element types that onnxruntime has. Each step rounds to float16 here, in onnxruntime only the outcome. */
function everywhere(name: string, draw: (d: Draw, v: number) => Reference): void {
  against(name, draw, { variants: 12 })
  if (name === 'SimplifiedLayerNormalization') against(`${name} in float64`, (d, v) => inDType(draw(d, v), 'float64'), { tflite: false })
  against(`${name} in float16`, (d, v) => inDType(draw(d, v), 'float16'), { relative: 4e-3, tflite: false })
}

describe('normalization of a sum', () => {
  const shapes = [[2, 3, 8], [1, 1, 5], [3, 1, 33], [2, 7, 64]]
  const skipOf = (d: Draw, v: number, [batch, rows, size]: readonly number[]) => d.floats([[batch!, rows!, size!], [1, rows!, size!], [rows!, size!]][v % 3]!, -2, 2)
  // outputs 1 and 2 are for training: onnxruntime's kernel leaves them out
  everywhere('SkipLayerNormalization', (d, v) => {
    const shape = shapes[v % 4]!
    const row = (): ReturnType<Draw['floats']> => d.floats([shape[2]!])
    const inputs = [d.floats(shape, -2, 2), skipOf(d, v, shape), row(), v % 4 === 3 ? undefined : row(), ...(v % 2 ? [row()] : [])]
    return { op: 'com.microsoft::SkipLayerNormalization', inputs, init: epsilon(v), outputs: v % 3 ? [0, 3] : 1, constants: v % 2 ? [2, 3, 4] : [] }
  })
  everywhere('SkipSimplifiedLayerNormalization', (d, v) => {
    const shape = v % 5 === 4 ? [6, 16] : shapes[v % 4]!
    const row = (): ReturnType<Draw['floats']> => d.floats([shape.at(-1)!])
    return { op: 'com.microsoft::SkipSimplifiedLayerNormalization', inputs: [d.floats(shape, -2, 2), shape.length === 2 ? d.floats(shape) : skipOf(d, v, shape), row(), ...(v % 2 ? [row()] : [])], init: epsilon(v), outputs: v % 3 ? [0, 3] : 1 }
  })
  everywhere('SimplifiedLayerNormalization', (d, v) => {
    const shape = [[2, 3, 8], [5], [4, 1, 3, 6], [2, 65]][v % 4]!
    const axis = v % 4 === 2 ? -2 : -1
    return { op: 'SimplifiedLayerNormalization', inputs: [d.floats(shape, -2, 2), d.floats(shape.slice(axis))], init: { ...epsilon(v), axis: v % 8 < 4 ? axis : axis + shape.length, stash_type: 1 }, outputs: v % 3 ? 2 : 1 }
  })
})

describe('normalization of groups', () => {
  // no kernel on the CPU: the reference is onnxruntime's GroupNormalization between transposes
  const normalized = (v: number, last: boolean, activation: number) => (b: Builder, x: Value | undefined, gamma: Value | undefined, beta: Value | undefined): Value => {
    const turned = last ? b.op('Transpose', [x], { perm: [0, 3, 1, 2] }) : x
    const y = b.op('GroupNormalization', [turned, gamma, beta], { num_groups: 4, epsilon: float(v % 2 ? 1e-3 : 1e-5) })
    const silu = activation ? b.op('Mul', [y, b.op('Sigmoid', [y])]) : y
    return last ? b.op('Transpose', [silu], { perm: [0, 2, 3, 1] }) : silu
  }
  const shared = (v: number) => {
    const [last, activation] = [v % 3 !== 2, v % 2]
    return { last, activation, shape: last ? [2, 3, 5, 8] : [2, 8, 3, 5], init: { groups: 4, activation, ...(v % 3 ? { channels_last: Number(last) } : {}), ...epsilon(v) } }
  }
  against('GroupNorm', (d, v): Reference => {
    const { last, activation, shape, init } = shared(v)
    return { op: 'com.microsoft::GroupNorm', inputs: [d.floats(shape), d.floats([8]), d.floats([8])], init, means: means((b, [x, gamma, beta]) => [normalized(v, last, activation)(b, x, gamma, beta)]) }
  }, { variants: 6, fixed: n => n < 2 || n === 8 })
  against('SkipGroupNorm', (d, v): Reference => {
    const { last, activation, shape, init } = shared(v)
    const skip = [shape, [2, 8], last ? [2, 1, 1, 8] : [2, 8, 1, 1]][(v >> 1) % 3]!
    const build = means((b, [x, gamma, beta, added, bias]) => {
      const spread = skip.length === 2 ? b.op('Reshape', [added, b.ints(last ? [2, 1, 1, 8] : [2, 8, 1, 1])]) : added
      const places = bias && (last ? bias : b.op('Reshape', [bias, b.ints([8, 1, 1])]))
      const sum = places ? b.op('Add', [b.op('Add', [x, spread]), places]) : b.op('Add', [x, spread])
      return [normalized(v, last, activation)(b, sum, gamma, beta), sum]
    })
    return { op: 'com.microsoft::SkipGroupNorm', inputs: [d.floats(shape), d.floats([8]), d.floats([8]), d.floats(skip), ...(v % 4 ? [d.floats([8])] : [])], init, outputs: 2, means: build }
  }, { variants: 12, fixed: n => n < 2 || n === 8 })
})

describe('embeddings', () => {
  against('EmbedLayerNormalization', (d, v) => {
    const [batch, rows, size] = [[2, 3, 8], [1, 1, 5], [3, 6, 16]][v % 3]!
    const ids = (limit: number, shape: readonly number[]) => integers('int32' satisfies DType, Array.from({ length: shape.reduce((a, n) => a * n, 1) }, () => d.below(limit)), shape)
    const segments = v % 2 === 0
    const inputs = [
      ids(11, [batch!, rows!]), segments ? ids(2, [batch!, rows!]) : undefined, d.floats([11, size!]), d.floats([7, size!]), segments ? d.floats([2, size!]) : undefined, d.floats([size!]), d.floats([size!]),
      ...(v % 4 ? [v % 4 === 3 ? undefined : ids(2, [batch!, rows!]), ...(v % 4 > 1 ? [ids(7, [v % 5 ? batch! : 1, rows!])] : [])] : []),
    ]
    return { op: 'com.microsoft::EmbedLayerNormalization', inputs, init: epsilon(v), outputs: v % 3 === 2 ? 3 : 2, constants: v % 2 ? [2, 3, 5, 6] : [] }
  }, { variants: 16 })
})
