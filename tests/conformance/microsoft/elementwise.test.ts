import { describe } from 'vitest'
import type { Draw } from '../quantized/harness.ts'
import type { Reference } from './table.ts'
import { against } from './table.ts'

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
