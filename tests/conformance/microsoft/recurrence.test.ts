import { describe } from 'vitest'
import type { Draw } from '../quantized/harness.ts'
import { integers } from '../quantized/harness.ts'
import type { Reference } from './table.ts'
import { against, inDType } from './table.ts'

// The reference is onnxruntime's CPU provider, graph optimizations off: the operators of models with a recurrent state.
const float = (value: number) => ({ type: 'float', value }) as const
const half = { relative: 4e-3, tflite: false } as const

describe('a recurrent state', () => {
  const rules = ['linear', 'gated', 'delta', 'gated_delta']
  against('LinearAttention', (d, v) => {
    const [batch, steps, heads, group, size, width] = [[2, 3, 2, 1, 4, 4], [1, 1, 2, 2, 8, 4], [2, 5, 1, 3, 4, 6], [1, 4, 2, 1, 4, 8]][(v >> 2) % 4] as [number, number, number, number, number, number]
    const rule = rules[v % 4]!
    const of = (n: number) => d.floats([batch, steps, n], -0.5, 0.5)
    const gated = rule.startsWith('gated')
    const inputs = [
      of(heads * group * size), of(heads * size), of(heads * width), v % 3 ? d.floats([batch, heads, size, width]) : undefined,
      gated ? d.floats([batch, steps, v % 5 ? heads : heads * size], -1, 0) : undefined, rule.endsWith('delta') ? d.floats([batch, steps, v % 7 ? heads : 1], 0, 1) : undefined,
    ]
    const last = inputs.findLastIndex(t => t !== undefined)
    return { op: 'com.microsoft::LinearAttention', inputs: inputs.slice(0, last + 1), init: { q_num_heads: heads * group, kv_num_heads: heads, update_rule: rule, ...(v % 2 ? { scale: float(0.4) } : {}) }, outputs: 2 }
  }, { variants: 32, tflite: false, fixed: () => true })
  against('CausalConvWithState', (d, v) => {
    const [batch, channels, length, size] = [[2, 3, 5, 4], [1, 4, 1, 3], [2, 2, 7, 1], [3, 1, 2, 4]][v % 4] as [number, number, number, number]
    const inputs = [d.floats([batch, channels, length]), d.floats([channels, 1, size]), v % 3 ? d.floats([channels]) : undefined, v & 4 ? d.floats([batch, channels, size - 1]) : undefined]
    const last = inputs.findLastIndex(t => t !== undefined)
    return { op: 'com.microsoft::CausalConvWithState', inputs: inputs.slice(0, last + 1), init: v % 2 ? { activation: v % 4 === 1 ? 'silu' : 'swish' } : {}, outputs: 2, constants: [1, 2] }
  }, { variants: 16, fixed: () => true })
})

describe('what stands around it', () => {
  const gate = (d: Draw, v: number): Reference => ({ op: 'com.microsoft::LinearAttentionGate', inputs: [d.floats([2, 3, 4], -4, 4), d.floats([4]), d.floats([4], -2, 0), ...(v % 2 ? [d.floats([2, 3, 4], -4, 4)] : [])], outputs: v % 2 ? 2 : 1 })
  against('LinearAttentionGate', gate)
  const add = (d: Draw, v: number): Reference => {
    const lead = [[2, 3], [5], [], [1, 2, 4]][v % 4]!
    return { op: 'com.microsoft::GatedAdd', inputs: [d.floats([...lead, 6]), d.floats([...lead, 6]), d.floats([...lead, 1])] }
  }
  against('GatedAdd', add)
  const norm = (d: Draw, v: number): Reference => {
    const [lead, groups, size] = [[[2, 3], 2, 4], [[5], 1, 8], [[1, 4, 2], 3, 6]][v % 3] as [number[], number, number]
    const shape = [...lead, groups * size]
    return { op: 'com.microsoft::GatedRMSNorm', inputs: [d.floats(shape), d.floats([size]), d.floats(shape, -3, 3)], init: v % 2 ? { epsilon: float(1e-3) } : {} }
  }
  against('GatedRMSNorm', norm, { fixed: n => n < 2 || n > 3 })
  const turned = (d: Draw, v: number): Reference => {
    const [batch, rows, heads, size] = [[2, 3, 2, 16], [1, 5, 3, 8], [3, 1, 1, 12], [2, 4, 2, 16]][v % 4] as [number, number, number, number]
    const pairs = (v % 5 === 4 ? size / 2 : size) / 2
    const woven = (v >> 2) % 2
    const side = woven ? Math.floor(pairs / 3) : 1 + d.below(Math.max(1, Math.floor(pairs / 2) - 1))
    const init = { mrope_section: [pairs - 2 * side, side, side], mrope_layout: woven, interleaved: (v >> 1) % 2, ...(v % 2 === 0 || 2 * pairs < size ? { num_heads: heads } : {}), ...(2 * pairs < size ? { rotary_embedding_dim: 2 * pairs } : {}) }
    const positions = integers('int64', Array.from({ length: 3 * batch * rows }, () => d.below(16)), [3, batch, rows])
    return { op: 'com.microsoft::MRotaryEmbedding', inputs: [d.floats(v % 2 ? [batch, heads, rows, size] : [batch, rows, heads * size]), positions, d.floats([16, pairs]), d.floats([16, pairs])], init }
  }
  const fixed = (n: number): boolean => n !== 5
  against('MRotaryEmbedding', turned, { variants: 20, fixed })
  for (const [name, draw] of Object.entries({ LinearAttentionGate: gate, GatedAdd: add, GatedRMSNorm: norm, MRotaryEmbedding: turned })) {
    against(`${name} in float16`, (d, v) => {
      const c = draw(d, v)
      const narrow = inDType(c, 'float16')
      return name === 'LinearAttentionGate' ? { ...narrow, inputs: narrow.inputs.map((t, i) => (i === 1 || i === 2 ? c.inputs[i] : t)) } : narrow
    }, { ...half, fixed: () => true })
  }
})
