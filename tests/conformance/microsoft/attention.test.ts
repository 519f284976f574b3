import { describe } from 'vitest'
import type { Tensor } from '../../../src/ir/tensor.ts'
import { float32Tensor } from '../../../src/ir/tensor.ts'
import type { Draw } from '../quantized/harness.ts'
import { integers } from '../quantized/harness.ts'
import type { Reference } from './table.ts'
import { against, means } from './table.ts'

// The reference is onnxruntime's CPU provider, graph optimizations off. What it can't be asked:
// - Attention without a bias, which ends its process (a read of a missing input: its fault); it gets zeros instead;
// - `unidirectional` with more keys than queries and no past: its last row sees every key, which the schema rules out;
// - rows that see nothing: -10000 is added to every logit in float32, which rounds the logits before they are compared.
const float = (value: number) => ({ type: 'float', value }) as const
// a mild filter lets what is masked be told from what is not seen at all
const filters = (v: number) => (v % 2 ? { mask_filter_value: float(-1.5) } : {})

/** 0 and 1, the first of each row 1. */
const bits = (d: Draw, shape: readonly number[]): Tensor => {
  const last = shape.at(-1)!
  return integers('int32', Array.from({ length: shape.reduce((a, n) => a * n, 1) }, (_, i) => (i % last === 0 ? 1 : d.below(2))), shape)
}
const lengths = (d: Draw, count: number, most: number): number[] => Array.from({ length: count }, () => 1 + d.below(most))

describe('Attention', () => {
  const [heads, hidden] = [2, 8]
  const base = (d: Draw, v: number, more: { mask?: (batch: number, rows: number, columns: number) => Tensor | undefined; past?: number; added?: (batch: number, rows: number, columns: number) => Tensor; init?: Reference['init']; outputs?: number; sizes?: readonly number[] } = {}): Reference => {
    const [batch, rows, width] = [[2, 3, 8], [1, 5, 7], [3, 4, 6], [2, 1, 5]][v % 4]!
    const columns = rows! + (more.past ?? 0)
    const total = more.sizes?.reduce((a, n) => a + n, 0) ?? 3 * hidden
    const past = more.past === undefined ? undefined : d.floats([2, batch!, heads, more.past, hidden / heads])
    const inputs = [d.floats([batch!, rows!, width!]), d.floats([width!, total]), d.floats([total]), more.mask?.(batch!, rows!, columns), past, more.added?.(batch!, rows!, columns)]
    const last = inputs.findLastIndex(t => t !== undefined)
    return { op: 'com.microsoft::Attention', inputs: inputs.slice(0, last + 1), init: { num_heads: heads, ...more.init }, outputs: more.outputs ?? 1, constants: v % 3 ? [1, 2] : [] }
  }
  // the sizes of projections decide the form
  const fixed = (n: number): boolean => n < 2 || n % 8 === 0
  against('Attention', (d, v) => base(d, v, { init: v % 2 ? { scale: float(0.4) } : {} }), { fixed })
  against('Attention without a bias', (d, v) => {
    const c = base(d, v)
    const zeros = float32Tensor(new Float32Array(3 * hidden))
    return { ...c, inputs: c.inputs.slice(0, 2), constants: [1], means: means((b, [x, w]) => [b.op('com.microsoft::Attention', [x, w, b.constant(zeros)], c.init)]) }
  }, { fixed })
  against('Attention, each token before the next', (d, v) => base(d, v, { init: { unidirectional: 1 } }), { fixed })
  against('Attention, a mask of columns', (d, v) => base(d, v, { mask: (batch, _, columns) => bits(d, [batch, columns]), init: { ...filters(v), unidirectional: v >> 2 } }), { fixed })
  against('Attention, a mask of rows and columns', (d, v) => base(d, v, { mask: (batch, rows, columns) => bits(d, [batch, rows, columns]), init: { ...filters(v), unidirectional: v >> 2 } }), { fixed })
  against('Attention, ends of columns', (d, v) => base(d, v, { mask: (batch, _, columns) => integers('int32', lengths(d, batch, columns)), init: filters(v) }), { fixed })
  against('Attention, ends and starts of columns', (d, v) => {
    const mask = (batch: number, _: number, columns: number): Tensor => {
      const ends = lengths(d, batch, columns)
      return integers('int32', [...ends, ...ends.map(n => d.below(n))])
    }
    return base(d, v, { mask, init: filters(v) })
  }, { fixed: () => true })
  against('Attention, something added', (d, v) => base(d, v, { added: (batch, rows, columns) => d.floats([v % 2 ? 1 : batch, v % 3 ? 1 : heads, rows, columns], -2, 2), mask: (batch, _, columns) => (v % 2 ? bits(d, [batch, columns]) : undefined) }), { fixed })
  against('Attention with a past', (d, v) => base(d, v, { past: [3, 1, 6, 4][v % 4]!, mask: (batch, _, columns) => (v % 2 ? bits(d, [batch, columns]) : undefined), init: { ...filters(v >> 1), unidirectional: v >> 2 }, outputs: 2 }), { fixed })
  against('Attention, its first present', (d, v) => base(d, v, { outputs: 2 }), { fixed })
  against('Attention, values of another size', (d, v) => base(d, v, { sizes: v % 2 ? [4, 4, 8] : [8, 8, 16], init: { qkv_hidden_sizes: v % 2 ? [4, 4, 8] : [8, 8, 16] } }), { fixed: n => fixed(n) || n === 12 })
  // no kernel on the CPU takes a square mask: the reference is the mask of rows and columns that is cut out of it
  against('Attention, a square mask', (d, v) => {
    const past = v % 2 ? 3 : undefined
    const c = base(d, v, { mask: (batch, _, columns) => bits(d, [batch, 1, columns + 2, columns + 2]), init: filters(v), outputs: 2, ...(past && { past }) })
    const [rows, from] = [c.inputs[0]!.shape[1]!, past ?? 0]
    const build = means((b, [x, w, bias, mask, before]) => {
      const cut = b.op('Squeeze', [b.op('Slice', [mask, b.ints([from, 0]), b.ints([from + rows, from + rows]), b.ints([2, 3])]), b.ints([1])])
      return b.ops('com.microsoft::Attention', [x, w, bias, cut, before], 2, c.init)
    })
    return { ...c, means: build }
  }, { fixed })
})

describe('MultiHeadAttention', () => {
  const [heads, size] = [2, 4]
  interface More { past?: number; bias?: true; mask?: (batch: number, rows: number, columns: number) => Tensor | undefined; added?: (batch: number, rows: number, columns: number) => Tensor; init?: Reference['init']; outputs?: number | readonly number[]; headed?: true; self?: true; valueSize?: number }
  const base = (d: Draw, v: number, more: More = {}): Reference => {
    const [batch, rows, keys] = [[2, 3, 5], [1, 4, 4], [3, 1, 6], [2, 7, 3]][v % 4]!
    const valueSize = more.valueSize ?? size
    const length = more.past !== undefined || more.self ? rows! : keys!
    const columns = length + (more.past ?? 0)
    const of = (n: number): Tensor => (more.headed ? d.floats([batch!, heads, length, n]) : d.floats([batch!, length, heads * n]))
    const cache = (n: number): Tensor | undefined => (more.past === undefined ? undefined : d.floats([batch!, heads, more.past, n]))
    const inputs = [
      d.floats([batch!, rows!, heads * size]), of(size), of(valueSize), more.bias && d.floats([heads * (2 * size + valueSize)]), more.mask?.(batch!, rows!, columns), more.added?.(batch!, rows!, columns), cache(size), cache(valueSize),
    ]
    const last = inputs.findLastIndex(t => t !== undefined)
    return { op: 'com.microsoft::MultiHeadAttention', inputs: inputs.slice(0, last + 1), init: { num_heads: heads, ...more.init }, outputs: more.outputs ?? 1, constants: more.bias ? [3] : [] }
  }
  const fixed = (n: number): boolean => n < 2 || n % 4 === 0
  against('MultiHeadAttention', (d, v) => base(d, v, { init: v % 2 ? { scale: float(0.4) } : {}, valueSize: v % 3 ? 4 : 12 }), { fixed })
  against('MultiHeadAttention with a bias', (d, v) => base(d, v, { bias: true, valueSize: v % 3 ? 4 : 12, outputs: v % 2 ? 3 : 1 }), { fixed })
  against('MultiHeadAttention, each token before the next', (d, v) => base(d, v, { self: true, init: { unidirectional: 1 } }), { fixed })
  against('MultiHeadAttention, a mask of columns', (d, v) => base(d, v, { mask: (batch, _, columns) => bits(d, [batch, columns]), init: filters(v) }), { fixed })
  against('MultiHeadAttention, a mask of rows and columns', (d, v) => base(d, v, { mask: (batch, rows, columns) => bits(d, [batch, rows, columns]), init: filters(v) }), { fixed })
  against('MultiHeadAttention, ends of columns', (d, v) => base(d, v, { mask: (batch, _, columns) => integers('int32', lengths(d, batch, columns)), init: filters(v) }), { fixed })
  against('MultiHeadAttention, ends of columns among others', (d, v) => base(d, v, { mask: (batch, _, columns) => integers('int32', [...lengths(d, batch, columns), ...Array.from({ length: 2 * batch + 2 }, () => 0)]), init: filters(v) }), { fixed: () => true })
  against('MultiHeadAttention, something added', (d, v) => base(d, v, { added: (batch, rows, columns) => d.floats([v % 2 ? 1 : batch, v % 3 ? 1 : heads, rows, columns], -2, 2), mask: (batch, _, columns) => (v % 2 ? bits(d, [batch, columns]) : undefined) }), { fixed })
  against('MultiHeadAttention with a past', (d, v) => base(d, v, { past: [3, 1, 6, 2][v % 4]!, mask: (batch, _, columns) => (v % 2 ? bits(d, [batch, columns]) : undefined), init: { unidirectional: v >> 2 }, outputs: 3, ...(v % 3 ? { bias: true as const } : {}) }), { fixed })
  against('MultiHeadAttention, keys and values that have heads', (d, v) => base(d, v, { headed: true, ...(v % 2 ? { bias: true as const } : {}), outputs: v % 3 ? 1 : 3 }), { fixed })
  against('MultiHeadAttention, its logits', (d, v) => base(d, v, { mask: (batch, _, columns) => (v % 2 ? bits(d, [batch, columns]) : undefined), init: filters(v), outputs: [0, 3] }), { fixed })

  // packed operands have no kernel on the CPU: the reference is the operator on what they pack
  const parted = (count: number) => means((b, inputs) => {
    const packed = inputs[count === 3 ? 0 : 1]
    const parts = b.ops('Split', [packed], count, { axis: 3, num_outputs: count }).map(p => b.op('Reshape', [b.op('Squeeze', [p, b.ints([3])]), b.ints([0, 0, -1])]))
    return [b.op('com.microsoft::MultiHeadAttention', [...(count === 3 ? [] : [inputs[0]]), ...parts, inputs[3]], { num_heads: heads })]
  })
  against('MultiHeadAttention, all in one', (d, v) => ({ op: 'com.microsoft::MultiHeadAttention', inputs: [d.floats([1 + (v % 3), 5, heads, 3, size]), undefined, undefined, ...(v % 2 ? [d.floats([heads * size * 3])] : [])], init: { num_heads: heads }, means: parted(3) }), { fixed })
  against('MultiHeadAttention, keys and values in one', (d, v) => ({ op: 'com.microsoft::MultiHeadAttention', inputs: [d.floats([1 + (v % 3), 5, heads * size]), d.floats([1 + (v % 3), 7, heads, 2, size])], init: { num_heads: heads }, means: parted(2) }), { fixed })
})
