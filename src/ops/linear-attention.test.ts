import { describe, expect, it } from 'vitest'
import { cpuExecutor } from '../../executors/cpu/index.ts'
import type { AttributeInit } from '../ir/attribute.ts'
import { float } from '../ir/attribute.ts'
import { sym } from '../ir/dim.ts'
import type { Dim } from '../ir/dim.ts'
import { Model } from '../ir/model.ts'
import type { Tensor } from '../ir/tensor.ts'
import { float32Tensor, peekNumbers } from '../ir/tensor.ts'
import { Builder } from './builder.ts'

type Precision = 'exact' | 'fast'

/** Runs a node; `open` makes axis 1 (the steps) or 2 symbolic. */
async function run(precision: Precision, op: string, inputs: readonly (Tensor | undefined)[], init: Readonly<Record<string, AttributeInit>>, open?: number): Promise<Tensor[]> {
  const model = new Model()
  const { graph } = model
  const feeds = new Map<string, Tensor>()
  const values = inputs.map((tensor, i) => {
    if (tensor === undefined) return undefined
    const shape = tensor.shape.map((n, d): Dim => (d === open && (open === 1 ? i < 3 : i === 0) ? sym('T') : n))
    const value = graph.addInput(graph.value(`x${i}`, { kind: 'tensor', dtype: tensor.dtype, shape }))
    feeds.set(value.name, tensor)
    return value
  })
  const outputs = new Builder(graph).ops(op, values, 2, init)
  for (const v of outputs) graph.addOutput(v)
  const session = await cpuExecutor.prepare(model, { precision })
  try {
    const results = await session.run(feeds)
    return outputs.map(v => results.get(v.name) as Tensor)
  } finally {
    session.dispose()
  }
}

/** Numbers between -1 and 1. */
const wave = (count: number, phase: number): number[] => Array.from({ length: count }, (_, i) => Math.fround(Math.sin(1.7 * i + phase)))
const tensor = (shape: readonly number[], phase: number): Tensor => float32Tensor(wave(shape.reduce((a, b) => a * b, 1), phase), shape)
const close = (t: Tensor, expected: readonly number[]): void => peekNumbers(t)!.forEach((x, i) => expect(Math.abs(x - expected[i]!), `element ${i}`).toBeLessThan(1e-5))

describe.each(['exact', 'fast'] as const)('%s', precision => {
  const [steps, heads, keys, dk, dv] = [7, 4, 2, 3, 2]
  const [q, k, v] = [tensor([1, steps, heads * dk], 0), tensor([1, steps, keys * dk], 1), tensor([1, steps, keys * dv], 2)]
  const scale = 0.25

  // unrolled, the rule `linear` is o_t = scale * sum over s <= t of (q_t . k_s) v_s
  it.each([undefined, 1])('LinearAttention without a gate sums over the past (open axis %s)', async open => {
    const [y] = await run(precision, 'LinearAttention', [q, k, v], { q_num_heads: heads, kv_num_heads: keys, update_rule: 'linear', scale: float(scale) }, open)
    const [qs, ks, vs] = [q, k, v].map(t => peekNumbers(t)!) as [number[], number[], number[]]
    const expected: number[] = []
    for (let t = 0; t < steps; t++)
      for (let h = 0; h < heads; h++)
        for (let m = 0; m < dv; m++) {
          const g = Math.floor((h * keys) / heads)
          let sum = 0
          for (let s = 0; s <= t; s++) {
            let product = 0
            for (let d = 0; d < dk; d++) product += qs[(t * heads + h) * dk + d]! * ks[(s * keys + g) * dk + d]!
            sum += product * vs[(s * keys + g) * dv + m]!
          }
          expected.push(scale * sum)
        }
    expect(y!.shape).toEqual([1, steps, heads * dv])
    close(y!, expected)
  })

  // the state carries all there is of the past
  it.each(['gated', 'delta', 'gated_delta'])('LinearAttention (%s) in two parts is the whole', async rule => {
    const decay = rule.startsWith('gated') ? tensor([1, steps, keys], 3) : undefined
    const beta = rule.endsWith('delta') ? tensor([1, steps, 1], 4) : undefined
    const init = { q_num_heads: heads, kv_num_heads: keys, update_rule: rule }
    const part = (t: Tensor | undefined, from: number, to: number): Tensor | undefined =>
      t && float32Tensor(peekNumbers(t)!.slice((from * t.shape[2]!), to * t.shape[2]!), [1, to - from, t.shape[2]!])
    const [whole, end] = await run(precision, 'LinearAttention', [q, k, v, undefined, decay, beta], init)
    const [first, state] = await run(precision, 'LinearAttention', [q, k, v].map(t => part(t, 0, 4)).concat(undefined, part(decay, 0, 4), part(beta, 0, 4)), init)
    const [second, last] = await run(precision, 'LinearAttention', [q, k, v].map(t => part(t, 4, steps)).concat(state, part(decay, 4, steps), part(beta, 4, steps)), init)
    close(whole!, [...peekNumbers(first!)!, ...peekNumbers(second!)!])
    close(end!, peekNumbers(last!)!)
  })

  it('CausalConvWithState in two parts is the whole, and that a sum over the last elements', async () => {
    const [channels, length, size] = [2, 6, 3]
    const [x, w] = [tensor([1, channels, length], 0), tensor([channels, 1, size], 1)]
    const part = (from: number, to: number): Tensor => float32Tensor([0, 1].flatMap(c => peekNumbers(x)!.slice(c * length + from, c * length + to)), [1, channels, to - from])
    const [whole, end] = await run(precision, 'CausalConvWithState', [x, w], {}, 2)
    const [xs, ws] = [peekNumbers(x)!, peekNumbers(w)!]
    const at = (c: number, t: number): number => (t < 0 ? 0 : xs[c * length + t]!)
    close(whole!, Array.from({ length: channels * length }, (_, i) => [0, 1, 2].reduce((s, j) => s + ws[Math.floor(i / length) * size + j]! * at(Math.floor(i / length), (i % length) - 2 + j), 0)))
    const [first, state] = await run(precision, 'CausalConvWithState', [part(0, 1), w], {})
    const [second, last] = await run(precision, 'CausalConvWithState', [part(1, length), w, undefined, state], {})
    expect(peekNumbers(last!)).toEqual(peekNumbers(end!))
    const [a, b, all] = [first!, second!, whole!].map(t => peekNumbers(t)!) as [number[], number[], number[]]
    ;[0, 1].forEach(c => [a[c]!, ...b.slice(c * 5, c * 5 + 5)].forEach((n, i) => expect(n).toBeCloseTo(all[c * length + i]!, 5)))
  })
})

it('refuses inputs that the rule has no use for, or lacks', async () => {
  const x = tensor([1, 2, 2], 0)
  const init = { q_num_heads: 1, kv_num_heads: 1 }
  await expect(run('exact', 'LinearAttention', [x, x, x], init)).rejects.toMatchObject({ code: 'ir.infer.invalid' })
  await expect(run('exact', 'LinearAttention', [x, x, x, undefined, x], { ...init, update_rule: 'linear' })).rejects.toMatchObject({ code: 'ir.infer.invalid' })
  await expect(run('exact', 'CausalConvWithState', [x, tensor([2, 1, 2], 0)], { activation: 'gelu' })).rejects.toMatchObject({ code: 'ir.infer.invalid' })
})
