import { describe, expect, it } from 'vitest'
import { float } from '../ir/attribute.ts'
import type { Model, Value } from '../ir/model.ts'
import { inlineTensor } from '../ir/tensor.ts'
import { verify } from '../ir/verify.ts'
import { channelsFirst, channelsLast } from '../ops/kit/nhwc.ts'
import { modelOf, noise, onDisk, random, relativeError, runModel } from '../passes/kit/testing.ts'
import { sizesOf } from '../passes/kit/values.ts'
import { transposeTensor } from '../passes/kit/weights.ts'
import { optimize } from '../passes/pipeline.ts'
import type { Make } from '../rewrite/pattern.ts'
import { assignLayout } from './assign-layout.ts'

// The reference is the graph as it was made, evaluated node by node.
const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** A graph of operators picked at random; the same for the same seed. */
function randomModel(seed: number): Model {
  const next = random(seed * 7919 + 1)
  const below = (n: number): number => Math.floor(((next() + 1) / 2) * n) % n
  const one = <T>(list: readonly T[]): T => list[below(list.length)]!
  let weights = seed * 1000
  const w = (m: Make, shape: readonly number[], low = -1, high = 1): Value => {
    const t = noise(shape, weights++, low, high)
    return m.constant(below(2) ? t : onDisk(t))
  }
  const steps: readonly ((m: Make, x: Value, s: readonly number[], others: readonly Value[]) => Value | undefined)[] = [
    (m, x, s) => (s.length === 4 && s[2]! >= 3 && s[3]! >= 3 ? m.Conv(x, w(m, [1 + below(6), s[1]!, 3, 3]), { pads: [below(2), below(2), 1, 0] }) : undefined),
    (m, x, s) => (s.length === 4 ? m.Conv(x, w(m, [s[1]! * 2, 1, 1, 1]), w(m, [s[1]! * 2]), { group: s[1]! }) : undefined),
    (m, x, s) => (s.length === 3 && s[2]! >= 2 ? m.Conv(x, w(m, [3, s[1]!, 2])) : undefined),
    (m, x, s) => (s.length === 4 ? m.ConvTranspose(x, w(m, [s[1]!, 2, 2, 2]), { strides: [1 + below(2), 1] }) : undefined),
    (m, x, s) => (s.length === 4 && s[2]! >= 2 && s[3]! >= 2 ? m.op(one(['MaxPool', 'AveragePool']), [x], { kernel_shape: [2, 2], strides: [1 + below(2), 1] }) : undefined),
    (m, x, s) => (s.length === 4 ? m.BatchNormalization(x, w(m, [s[1]!]), w(m, [s[1]!]), w(m, [s[1]!]), w(m, [s[1]!], 0.5, 2)) : undefined),
    (m, x, s) => (s.length >= 3 ? m.GlobalAveragePool(x) : undefined),
    (m, x, s) => (s.length === 4 && product(s) < 2000 ? m.Resize(x, undefined, m.floats([1, 1, 2, 1]), { mode: 'nearest' }) : undefined),
    (m, x) => m.op(one(['Relu', 'Sigmoid', 'Neg', 'HardSwish', 'Identity', 'Tanh']), [x]),
    (m, x, s) => m.op(one(['Add', 'Mul', 'Sub']), [x, w(m, s.map((n, i) => (i === s.length - 1 || below(2) ? n : 1)).slice(below(Math.max(1, s.length - 1))))]),
    (m, x, s) => (s.length >= 2 ? m.op(one(['Add', 'Mul', 'Sub', 'Div']), [x, w(m, s.map((n, i) => (i === 1 ? n : 1)), 0.5, 2)]) : undefined),
    (m, x, s, others) => {
      const same = others.filter(o => sizesOf(o)!.join() === s.join())
      return same.length > 0 ? m.op(one(['Add', 'Mul', 'Max']), [x, one(same)]) : undefined
    },
    (m, x, s, others) => {
      const axis = below(s.length)
      const fits = others.filter(o => sizesOf(o)!.length === s.length && sizesOf(o)!.every((n, i) => i === axis || n === s[i]))
      return fits.length > 0 && product(s) < 3000 ? m.Concat(x, one(fits), { axis }) : undefined
    },
    (m, x, s, others) => {
      const fits = others.filter(o => sizesOf(o)!.length < s.length && sizesOf(o)!.every((n, i) => n === 1 || n === s[i + s.length - sizesOf(o)!.length]))
      return fits.length > 0 ? m.Mul(x, one(fits)) : undefined
    },
    (m, x, s) => {
      const order = s.map((_, i) => i)
      for (let i = order.length - 1; i > 0; i--) {
        const j = below(i + 1)
        ;[order[i], order[j]] = [order[j]!, order[i]!]
      }
      return m.Transpose(x, { perm: below(3) ? order : s.length >= 3 ? one([channelsLast(s.length), channelsFirst(s.length)]) : order })
    },
    (m, x, s) => (s.length >= 3 ? m.Reshape(x, m.ints(one([[s[0]!, s[1]!, -1], [s[0]!, -1], [...s, 1], [1, ...s], [s[0]! * s[1]!, ...s.slice(2)]]))) : m.Reshape(x, m.ints(one([[1, ...s], [...s, 1, 1]])))),
    (m, x, s) => (s.length === 4 && s[1]! % 2 === 0 ? m.Reshape(m.Transpose(m.Reshape(x, m.ints([s[0]!, 2, s[1]! / 2, s[2]!, s[3]!])), { perm: [0, 2, 1, 3, 4] }), m.ints(s)) : undefined),
    (m, x, s) => {
      const axis = below(s.length)
      return s[axis]! > 1 ? m.Slice(x, m.ints([below(2)]), m.ints([one([s[axis]!, 2 ** 40, -1])]), m.ints([axis - below(2) * s.length])) : undefined
    },
    (m, x, s) => m.Gather(x, m.ints([below(s.at(-1)!), 0]), { axis: s.length - 1 }),
    (m, x, s) => (s.length > 1 ? m.op(one(['ReduceMean', 'ReduceSum', 'ReduceMax']), [x, m.ints(one([[below(s.length)], s.length >= 4 ? [2, 3] : [-1]]))], { keepdims: below(2) }) : undefined),
    (m, x, s) => m.Softmax(x, { axis: below(s.length) }),
    (m, x, s) => (product(s) < 2000 ? m.Pad(x, m.ints(s.map((_, i) => (i > 0 ? below(2) : 0)).concat(s.map(() => 0)))) : undefined),
    (m, x, s) => (s.length >= 2 ? m.MatMul(x, w(m, [s.at(-1)!, 3])) : undefined),
    (m, x, s) => (s.length >= 2 ? m.Gemm(m.Flatten(x), w(m, [4, product(s.slice(1))]), { transB: 1, alpha: float(0.5) }) : undefined),
    (m, x, s) => (s.length === 4 ? m.Mul(x, m.Sigmoid(m.Conv(m.GlobalAveragePool(x), w(m, [s[1]!, s[1]!, 1, 1])))) : undefined),
    (m, x, s) => (s.length === 4 && s[1]! % 4 === 0 ? m.DepthToSpace(x, { blocksize: 2, mode: one(['DCR', 'CRD']) }) : undefined),
    (m, x, s) => (s.includes(1) ? m.Squeeze(x, m.ints([s.indexOf(1)])) : m.Unsqueeze(x, m.ints([below(s.length + 1)]))),
  ]
  return modelOf(one([[1, 4, 6, 5], [2, 3, 5, 6], [2, 4, 4, 4], [1, 6, 7]]), (m, x) => {
    const values = [x]
    for (let i = 0; i < 16; i++) {
      const at = below(3) ? values.at(-1)! : one(values)
      const s = sizesOf(at)!
      if (product(s) === 0 || s.length === 0 || s.length > 5) continue
      const made = one(steps)(m, at, s, values)
      if (made && sizesOf(made) && product(sizesOf(made)!) > 0) values.push(made)
    }
    const unused = values.filter(v => v.uses.size === 0)
    return unused.length > 0 ? unused : [m.Relu(x)]
  })
}

async function compare(model: Model, before: readonly Float64Array[], x: ReturnType<typeof noise>, permuted: ReadonlyMap<string, readonly number[]>, limit: number): Promise<void> {
  verify(model)
  const turned = permuted.has('x') ? transposeTensor(x, permuted.get('x')!) : x
  const after = await runModel(model, inlineTensor(x.dtype, turned.shape, (await turned.load()).slice()))
  for (const [i, v] of model.graph.outputs.entries()) {
    const perm = permuted.get(v.name)
    const bytes = new Uint8Array(after[i]!.buffer)
    const back = perm ? new Float64Array((await transposeTensor(inlineTensor('float64', sizesOf(v)!, bytes), perm.map((_, j) => perm.indexOf(j))).load()).slice().buffer) : after[i]!
    expect(relativeError(back, before[i]!), `output ${i}`).toBeLessThan(limit)
  }
}

const from = Number(process.env['RANDOM_FROM'] ?? 1)
const count = Number(process.env['RANDOM_COUNT'] ?? 60)
describe('random graphs compute the same', () => {
  for (let seed = from; seed < from + count; seed++)
    it(`seed ${seed}`, async () => {
      const model = randomModel(seed)
      const sizes = sizesOf(model.graph.inputs[0])!
      const x = noise(sizes, seed)
      const before = await runModel(model, x)
      const kept = randomModel(seed)
      assignLayout(kept, { borders: 'keep' })
      await compare(kept, before, x, new Map(), 2e-6)
      optimize(model, { after: (_, m) => verify(m) })
      await compare(model, before, x, new Map(), 1e-5)
      const { permuted } = assignLayout(model, { borders: 'nhwc' })
      await compare(model, before, x, permuted, 1e-5)
    })
})
