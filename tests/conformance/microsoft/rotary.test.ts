import { describe } from 'vitest'
import type { Tensor } from '../../../src/ir/tensor.ts'
import type { Value } from '../../../src/ir/model.ts'
import type { Draw } from '../quantized/harness.ts'
import { integers } from '../quantized/harness.ts'
import type { Reference } from './table.ts'
import { against, inDType, means } from './table.ts'

// The reference is onnxruntime's CPU provider, graph optimizations off. What it can't be asked:
// - GroupQueryAttention with a past and no present outputs, which it then reads from memory that it never fills: its fault;
// - rows of a first prompt behind the end of their sequence: they mean nothing;
// - the logits of a sequence that is shorter than others, behind its end: not filled either.
const float = (value: number) => ({ type: 'float', value }) as const

describe('RotaryEmbedding', () => {
  const base = (d: Draw, v: number): Reference => {
    const [batch, rows, heads, size] = [[2, 3, 2, 8], [1, 5, 3, 4], [3, 1, 1, 12], [2, 4, 2, 16]][v % 4] as [number, number, number, number]
    const turned = v % 5 === 4 ? size / 2 : size
    const positions = v % 3 ? integers('int64', Array.from({ length: batch * rows }, () => d.below(16)), [batch, rows]) : integers('int64', [d.below(8)])
    const init = { interleaved: (v >> 1) % 2, ...(turned < size ? { num_heads: heads, rotary_embedding_dim: turned } : {}), ...(v % 7 ? {} : { scale: float(0.5) }) }
    return { op: 'com.microsoft::RotaryEmbedding', inputs: [d.floats(v % 2 ? [batch, heads, rows, size] : [batch, rows, heads * size]), positions, d.floats([16, turned / 2]), d.floats([16, turned / 2])], init, constants: v % 2 ? [2, 3] : [] }
  }
  const fixed = (n: number): boolean => n < 2 || n > 3
  against('RotaryEmbedding', base, { variants: 20, fixed })
  against('RotaryEmbedding in float16', (d, v) => inDType(base(d, v), 'float16'), { fixed, relative: 2e-3, tflite: false })
})

describe('GroupQueryAttention', () => {
  const [heads, served, size] = [4, 2, 16]
  interface More { init?: Reference['init']; packed?: true; room?: number; rotary?: number; positions?: true; added?: (rows: number, total: number) => Tensor; sink?: true; outputs?: number }
  /** A first prompt, one token for sequences of several lengths, several tokens for one sequence; the cache just fits or has room. */
  const base = (d: Draw, v: number, more: More = {}): Reference => {
    const [batch, rows, before] = [[2, 3, 0], [2, 1, 5], [1, 4, 6], [3, 1, 9]][v % 4] as [number, number, number]
    const total = before + rows
    const lengths = Array.from({ length: batch }, (_, i) => (i === 0 || before === 0 ? total : 1 + d.below(total)) - 1)
    const room = before === 0 ? (more.room ?? 0) : before + (more.room ?? 0)
    const of = (n: number): Tensor => d.floats([batch, rows, n * size])
    const cache = (): Tensor | undefined => (room > 0 ? d.floats([batch, served, room, size]) : undefined)
    const table = (): Tensor | undefined => (more.rotary ? d.floats([24, more.rotary]) : undefined)
    const inputs = [
      ...(more.packed ? [of(heads + 2 * served), undefined, undefined] : [of(heads), of(served), of(served)]), cache(), cache(), integers('int32', lengths), integers('int32', [total], v % 2 ? [] : [1]), table(), table(),
      more.positions && integers('int64', Array.from({ length: batch * rows }, () => d.below(20)), [batch, rows]), more.added?.(rows, total), more.sink && d.floats([heads]),
    ]
    const last = inputs.findLastIndex(t => t !== undefined)
    return { op: 'com.microsoft::GroupQueryAttention', inputs: inputs.slice(0, last + 1), init: { num_heads: heads, kv_num_heads: served, ...(more.rotary ? { do_rotary: 1 } : {}), ...more.init }, outputs: more.outputs ?? 3, constants: v % 8 < 4 ? [6] : [] }
  }
  const bounds = { fixed: (n: number): boolean => n < 2 || n % 16 === 0, open: (v: number): boolean => v % 8 > 3 }
  const named = (name: string, more: (d: Draw, v: number) => More): void => against(`GroupQueryAttention${name}`, (d, v) => base(d, v, more(d, v)), bounds)
  named('', (_, v) => ({ init: v % 3 ? { scale: float(0.4) } : {} }))
  named(', all in one', () => ({ packed: true }))
  named(', a cache with room', (_, v) => ({ room: 2 + (v % 3) }))
  named(', turned', (_, v) => ({ rotary: 8, room: v >> 2, init: { rotary_interleaved: v >> 2 }, ...(v % 2 ? { packed: true as const } : {}) }))
  named(', turned to positions that are given', () => ({ rotary: 8, positions: true }))
  named(', a window', (_, v) => ({ init: { local_window_size: 1 + (v % 5) } }))
  named(', capped', () => ({ init: { softcap: float(0.7) } }))
  named(', shares of nothing', () => ({ init: { smooth_softmax: 1 } }))
  named(', shares of nothing by head', (_, v) => ({ sink: true, init: v % 2 ? { smooth_softmax: 1 } : {} }))
  named(', something added', (d, v) => ({ added: (rows, total) => d.floats([1, v % 3 ? heads : 1, rows, total]), init: v % 2 ? { softcap: float(0.8) } : {}, room: v >> 2 }))
  named(', every token', () => ({ init: { causal: 0 } }))
  // each step rounds to float16 here, in onnxruntime only the outcome
  const half = (name: string, more: More): void => against(`GroupQueryAttention${name}, in float16`, (d, v) => inDType(base(d, v, more), 'float16'), { ...bounds, relative: 4e-3, tflite: false })
  half('', {})
  half(', turned', { rotary: 8 })
  half(', capped, a window', { init: { softcap: float(0.7), local_window_size: 3 } })
  const whole = (d: Draw, v: number, shown: number): Reference => base(d, 2 * v, { init: { qk_output: shown, local_window_size: v % 2 ? 2 : -1 }, outputs: 4 })
  against('GroupQueryAttention, its logits', (d, v) => whole(d, v, 1), { ...bounds, open: v => v % 4 > 1 })
  against('GroupQueryAttention, its shares', (d, v) => whole(d, v, 2), { ...bounds, open: v => v % 4 > 1 })
  for (const kind of ['PER_TENSOR', 'PER_CHANNEL']) {
    against(`GroupQueryAttention, a cache in int8 ${kind.toLowerCase().replace('_', ' ')}`, (d, v) => {
      const c = base(d, v, { room: v % 4 ? v >> 2 : 4, ...(v % 2 ? { rotary: 8 } : {}) })
      const cache = c.inputs.map((t, i) => (t && (i === 3 || i === 4) ? integers('int8', Array.from({ length: t.shape.reduce((a, n) => a * n, 1) }, () => d.below(255) - 127), t.shape) : t))
      const scales = [0, 1].map(() => d.floats(kind === 'PER_TENSOR' ? [1] : [1, served, 1, size], 0.006, 0.012))
      return { ...c, inputs: [...cache, ...Array.from({ length: 12 - cache.length }, () => undefined), ...scales], init: { ...c.init, k_quant_type: kind, v_quant_type: kind, kv_cache_bit_width: 8 } }
    }, { ...bounds, fixed: () => true })
  }
  // no kernel on the CPU normalizes: the reference is the operator behind normalizations
  against('GroupQueryAttention, normalized', (d, v) => {
    const c = base(d, v)
    const weights = [d.floats([size]), d.floats([size])]
    const build = means((b, inputs) => {
      const normal = (x: Value | undefined, weight: Value | undefined, count: number): Value => {
        const split = b.op('Reshape', [x, b.ints([0, 0, count, size])])
        return b.op('Reshape', [b.op('SimplifiedLayerNormalization', [split, weight], { epsilon: float(1e-6), axis: -1 }), b.ints([0, 0, -1])])
      }
      return b.ops('com.microsoft::GroupQueryAttention', [normal(inputs[0], inputs[14], heads), normal(inputs[1], inputs[15], served), ...inputs.slice(2, 7)], 3, c.init)
    })
    return { ...c, inputs: [...c.inputs, ...Array.from({ length: 14 - c.inputs.length }, () => undefined), ...weights], means: build }
  }, bounds)
})
