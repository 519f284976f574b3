import { describe } from 'vitest'
import type { Draw } from '../quantized/harness.ts'
import type { Reference } from './table.ts'
import { against, means } from './table.ts'

// The reference is onnxruntime's CPU provider, graph optimizations off.
const float = (value: number) => ({ type: 'float', value }) as const
const [tokens, width, experts, inner] = [6, 8, 4, 5]

const base = (d: Draw, v: number, init: Reference['init'], wide = 1): Reference => {
  const bias = (n: number) => (v % 3 === 2 ? undefined : d.floats([experts, n]))
  const inputs = [d.floats(v % 2 ? [2, tokens / 2, width] : [tokens, width]), d.floats([tokens, experts], -2, 2), d.floats([experts, wide * inner, width]), bias(wide * inner), d.floats([experts, width, inner]), bias(width)]
  return { op: 'com.microsoft::MoE', inputs, init: { k: 1 + (v % 3), normalize_routing_weights: (v >> 1) % 2, ...init }, constants: v % 2 ? [2, 3, 4, 5] : [] }
}
const limits = (v: number) => ({ activation_type: 'swiglu', ...(v % 2 ? { activation_alpha: float(1.7), activation_beta: float(1), swiglu_limit: float(0.5) } : {}) })
const bounds = { fixed: (n: number): boolean => n < 2 || n === width || n === experts }

describe('MoE', () => {
  for (const type of ['relu', 'gelu', 'silu', 'identity']) against(`MoE, ${type}`, (d, v) => base(d, v, { activation_type: type }), { ...bounds, variants: 6 })
  against('MoE, a gate and what it lets through side by side', (d, v) => base(d, v, { ...limits(v), swiglu_fusion: 1 }, 2), bounds)
  // other layouts have no kernel on the CPU: the reference is the operator on weights that are laid side by side
  const woven = Array.from({ length: 2 * inner }, (_, i) => (i % 2) * inner + (i >> 1))
  against('MoE, one behind the other', (d, v) => {
    const c = base(d, v, { ...limits(v), swiglu_fusion: 2 }, 2)
    const build = means((b, [x, p, first, bias, ...rest]) => {
      const laid = [first, bias].map(w => w && b.op('Gather', [w, b.ints(woven)], { axis: 1 }))
      return [b.op('com.microsoft::MoE', [x, p, ...laid, ...rest], { ...c.init, swiglu_fusion: 1 })]
    })
    return { ...c, means: build }
  }, bounds)
  against('MoE, with weights of their own', (d, v) => {
    const c = base(d, v, limits(v))
    const more = [d.floats([experts, inner, width]), ...(v % 3 === 2 ? [] : [d.floats([experts, inner])])]
    const build = means((b, [x, p, first, bias, second, secondBias, third, thirdBias]) => {
      const laid = [[first, third], [bias, thirdBias]].map(pair => (pair[0] ? b.op('Gather', [b.op('Concat', pair, { axis: 1 }), b.ints(woven)], { axis: 1 }) : undefined))
      return [b.op('com.microsoft::MoE', [x, p, ...laid, second, secondBias], { ...c.init, swiglu_fusion: 1 })]
    })
    return { ...c, inputs: [...c.inputs, ...more], constants: [], means: build }
  }, bounds)
})
