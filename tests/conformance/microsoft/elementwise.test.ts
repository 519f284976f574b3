import { describe } from 'vitest'
import type { Draw } from '../quantized/harness.ts'
import type { Reference } from './table.ts'
import { against, means } from './table.ts'

// The reference is onnxruntime's CPU provider, graph optimizations off. Numbers are mostly positive: differences are told in parts of the largest output.
const shapes = [[2, 3, 8], [7], [1], [3, 1, 5, 4], [129], [2, 65], [1, 1], [0, 4]] as const
const unary = (op: string, init: (d: Draw) => Reference['init'] = () => ({})) => (d: Draw, v: number): Reference => ({ op: `com.microsoft::${op}`, inputs: [d.floats(shapes[v % shapes.length]!, -2, 6)], init: init(d)! })

describe('activations', () => {
  against('Gelu', unary('Gelu'))
  against('QuickGelu', unary('QuickGelu', d => (d.below(2) ? { alpha: { type: 'float', value: d.unit() * 2 } } : {})))
  against('FastGelu', (d, v) => {
    const shape = shapes[v % shapes.length]!
    return { op: 'com.microsoft::FastGelu', inputs: [d.floats(shape, -2, 6), ...(v % 3 ? [d.floats([shape.at(-1)!])] : v % 2 ? [undefined] : [])] }
  }, { variants: 16 })
  against('BiasGelu', (d, v) => {
    const shape = shapes[v % shapes.length]!
    return { op: 'com.microsoft::BiasGelu', inputs: [d.floats(shape, -2, 6), d.floats([shape.at(-1)!])] }
  })
})

// operators without a kernel on the CPU: the reference is onnxruntime on ONNX operators that say what the schema says
describe('sums with a bias', () => {
  against('BiasAdd', (d, v) => {
    const [batch, places, channels] = [[2, 5, 8], [1, 1, 3], [3, 7, 16]][v % 3] as [number, number, number]
    return {
      op: 'com.microsoft::BiasAdd',
      inputs: [d.floats([batch, places, channels]), d.floats([channels]), d.floats([batch, places, channels])],
      means: means((b, [x, bias, skip]) => [b.op('Sum', [x, bias, skip])]),
    }
  })
  against('BiasSplitGelu', (d, v) => {
    const [batch, places, channels] = [[2, 5, 8], [1, 1, 2], [3, 7, 16]][v % 3] as [number, number, number]
    const build = means((b, [x, bias]) => {
      const sum = b.op('Add', [x, bias])
      const cut = (from: number, to: number) => b.op('Slice', [sum, b.ints([from]), b.ints([to]), b.ints([2])])
      return [b.op('Mul', [cut(0, channels / 2), b.op('com.microsoft::Gelu', [cut(channels / 2, channels)])])]
    })
    return { op: 'com.microsoft::BiasSplitGelu', inputs: [d.floats([batch, places, channels], -2, 6), d.floats([channels])], means: build }
  }, { fixed: n => n < 2 || n % 2 === 0 })
  against('BiasSoftmax', (d, v) => {
    const [shape, axis] = [[[2, 3, 4, 5], 3], [[2, 3, 4], 1], [[4, 6], -1], [[2, 1, 3, 7], 2]][v % 4] as [number[], number]
    const bias = v % 2 ? shape.slice(-2) : shape.map((n, i) => (i === 1 && shape.length > 2 ? 1 : n))
    const build = means((b, [x, y]) => {
      const from = axis < 0 ? axis + shape.length : axis
      const flat = b.op('Reshape', [b.op('Add', [x, y]), b.ints([shape.slice(0, from).reduce((a, n) => a * n, 1), -1])])
      return [b.op('Reshape', [b.op('Softmax', [flat], { axis: 1 }), b.ints(shape)])]
    })
    return { op: 'com.microsoft::BiasSoftmax', inputs: [d.floats(shape, -3, 3), d.floats(bias)], init: { axis, is_inner_broadcast: v % 2 ? 0 : 1 }, means: build }
  })
  against('BiasDropout', (d, v) => ({
    op: 'com.microsoft::BiasDropout',
    inputs: [d.floats([3, 4]), d.floats(v % 2 ? [4] : [3, 4]), ...(v % 3 ? [d.floats([3, 4])] : [])],
    outputs: 2,
    means: means((b, [x, bias, residual]) => [b.op('Sum', [x, bias, ...(residual ? [residual] : [])]), b.op('Equal', [x, x])]),
  }))
})
