import { describe, expect, it } from 'vitest'
import { float } from '../ir/attribute.ts'
import { foldBatchNormalization, separateBatchNormalization } from './fold-batch-normalization.ts'
import { foldScales } from './fold-scales.ts'
import { fuseGemm } from './fuse-gemm.ts'
import { modelOf, noise, onDisk, ops, runModel, tryPass } from './kit/testing.ts'
import type { Make } from '../rewrite/pattern.ts'
import type { Value } from '../ir/model.ts'

// The reference of every number here is the graph before the pass, evaluated node by node in double precision with float32 stores.
const c = (make: Make, shape: readonly number[], seed: number, low = -1, high = 1): Value => make.constant(onDisk(noise(shape, seed, low, high)))
const norm = (make: Make, x: Value, channels: number): Value =>
  make.BatchNormalization(x, c(make, [channels], 91, 0.5, 2), c(make, [channels], 92), c(make, [channels], 93), c(make, [channels], 94, 0.1, 3), { epsilon: float(1e-3) })
const limit = 1e-6

describe('fold-batch-normalization', () => {
  it('folds into Conv with and without bias, with groups', async () => {
    for (const bias of [true, false]) {
      const model = modelOf([2, 4, 6, 5], (m, x) => norm(m, m.Conv(x, c(m, [6, 2, 3, 3], 1), ...(bias ? [c(m, [6], 2)] : []), { group: 2, pads: [1, 1, 1, 1] }), 6))
      const { ops, error } = await tryPass(foldBatchNormalization, model)
      expect(ops).toEqual(['Conv'])
      expect(model.graph.first!.inputs).toHaveLength(3)
      expect(error).toBeLessThan(limit)
    }
  })
  it('folds into ConvTranspose along its output channels, with groups and bias', async () => {
    const { ops, error } = await tryPass(foldBatchNormalization, modelOf([2, 4, 5, 4], (m, x) => norm(m, m.ConvTranspose(x, c(m, [4, 3, 2, 3], 1), c(m, [6], 2), { group: 2, strides: [2, 2] }), 6)))
    expect(ops).toEqual(['ConvTranspose'])
    expect(error).toBeLessThan(limit)
  })
  it('folds into Gemm in both orders of its weight, and into MatMul', async () => {
    for (const turned of [0, 1]) {
      const { ops, error } = await tryPass(foldBatchNormalization, modelOf([3, 5], (m, x) => norm(m, m.Gemm(x, c(m, turned ? [4, 5] : [5, 4], 1), c(m, [4], 2), { transB: turned, alpha: float(0.5), beta: float(2) }), 4)))
      expect(ops).toEqual(['Gemm'])
      expect(error).toBeLessThan(limit)
    }
    const { ops, error } = await tryPass(foldBatchNormalization, modelOf([3, 5], (m, x) => norm(m, m.MatMul(x, c(m, [5, 4], 1)), 4)))
    expect(ops).toEqual(['Gemm'])
    expect(error).toBeLessThan(limit)
  })
  it('keeps large weights out of memory', () => {
    const model = modelOf([1, 64, 4, 4], (m, x) => norm(m, m.Conv(x, c(m, [64, 64, 1, 1], 1)), 64))
    foldBatchNormalization.run(model, { log: { add() {} } as never })
    expect(model.graph.first!.inputs[1]!.constant!.peek()).toBeUndefined()
  })
  it('refuses a Conv whose result is used elsewhere, and statistics that vary', async () => {
    const shared = await tryPass(foldBatchNormalization, modelOf([1, 2, 4, 4], (m, x) => {
      const y = m.Conv(x, c(m, [3, 2, 1, 1], 1))
      return [norm(m, y, 3), y]
    }))
    expect(shared.changed).toBe(false)
    const varying = await tryPass(foldBatchNormalization, modelOf([2, 2, 2], (m, x) => {
      const mean = m.ReduceMean(x, m.ints([0, 2]), { keepdims: 0 })
      return m.BatchNormalization(m.Conv(x, c(m, [2, 2, 1], 1)), c(m, [2], 2), c(m, [2], 3), mean, c(m, [2], 4, 1, 2))
    }))
    expect(varying.changed).toBe(false)
    expect(varying.refusals[0]?.reason).toMatch(/not constant/)
  })
  it('becomes a product and a sum where it stands alone', async () => {
    const { ops, error } = await tryPass(separateBatchNormalization, modelOf([2, 3, 4, 4], (m, x) => norm(m, m.Relu(x), 3)))
    expect(ops).toEqual(['Relu', 'Mul', 'Add'])
    expect(error).toBeLessThan(limit)
  })
  it('is left alone in training mode', async () => {
    const model = modelOf([2, 3, 4], (m, x) => m.BatchNormalization(x, c(m, [3], 1), c(m, [3], 2), c(m, [3], 3), c(m, [3], 4, 1, 2), { training_mode: 1 }))
    const result = separateBatchNormalization.run(model, { log: { add() {} } as never })
    expect(result.changed).toBe(false)
  })
})

describe('fold-scales', () => {
  const conv = (m: Make, x: Value): Value => m.Conv(x, c(m, [4, 3, 3, 3], 1), c(m, [4], 2), { pads: [1, 1, 1, 1] })
  const cases: readonly [string, (m: Make, x: Value) => Value, readonly string[]][] = [
    ['a product after', (m, x) => m.Mul(conv(m, x), c(m, [4, 1, 1], 5)), ['Conv']],
    ['a scalar product before the operand', (m, x) => m.Mul(c(m, [], 5), conv(m, x)), ['Conv']],
    ['a sum after', (m, x) => m.Add(conv(m, x), c(m, [1, 4, 1, 1], 5)), ['Conv']],
    ['a difference from a constant', (m, x) => m.Sub(c(m, [4, 1, 1], 5), conv(m, x)), ['Conv']],
    ['a quotient', (m, x) => m.Div(conv(m, x), c(m, [4, 1, 1], 5, 0.5, 2)), ['Conv']],
    ['a sum after ConvTranspose', (m, x) => m.Add(m.ConvTranspose(x, c(m, [3, 2, 2, 2], 1)), c(m, [2, 1, 1], 5)), ['ConvTranspose']],
    ['a product before a padded Conv', (m, x) => conv(m, m.Mul(x, c(m, [3, 1, 1], 5))), ['Conv']],
    ['a sum before a Conv without padding', (m, x) => m.Conv(m.Add(x, c(m, [3, 1, 1], 5)), c(m, [4, 3, 2, 2], 1)), ['Conv']],
    ['a sum before a Conv with groups', (m, x) => m.Conv(m.Sub(c(m, [3, 1, 1], 5), x), c(m, [6, 1, 2, 2], 1), c(m, [6], 2), { group: 3 }), ['Conv']],
    ['a product before ConvTranspose', (m, x) => m.ConvTranspose(m.Div(x, c(m, [3, 1, 1], 5, 0.5, 2)), c(m, [3, 2, 2, 2], 1)), ['ConvTranspose']],
  ]
  for (const [name, build, expected] of cases)
    it(`folds ${name}`, async () => {
      const { ops, error } = await tryPass(foldScales, modelOf([2, 3, 5, 6], build))
      expect(ops).toEqual(expected)
      expect(error).toBeLessThan(limit)
    })
  it('folds into Gemm and MatMul', async () => {
    const gemm = await tryPass(foldScales, modelOf([3, 5], (m, x) => m.Add(m.Mul(m.Gemm(m.Mul(x, c(m, [5], 7)), c(m, [4, 5], 1), { transB: 1 }), c(m, [4], 5)), c(m, [4], 6))))
    expect(gemm.ops).toEqual(['Gemm'])
    expect(gemm.error).toBeLessThan(limit)
    const product = await tryPass(foldScales, modelOf([2, 3, 5], (m, x) => m.Mul(m.MatMul(x, c(m, [5, 4], 1)), c(m, [4], 5))))
    expect(product.ops).toEqual(['MatMul'])
    expect(product.error).toBeLessThan(limit)
  })
  const refusals: readonly [string, (m: Make, x: Value) => Value, RegExp][] = [
    ['a factor for each column', (m, x) => m.Mul(conv(m, x), c(m, [6], 5)), /each channel/],
    ['a sum before a padded Conv', (m, x) => conv(m, m.Add(x, c(m, [3, 1, 1], 5))), /padding/],
    ['a sum before ConvTranspose', (m, x) => m.ConvTranspose(m.Add(x, c(m, [3, 1, 1], 5)), c(m, [3, 2, 2, 2], 1)), /borders/],
    ['a constant that makes more axes', (m, x) => m.Conv(m.Squeeze(m.Mul(x, c(m, [1, 1, 1, 1, 1], 5)), m.ints([0])), c(m, [2, 3, 1, 1], 1)), /./],
  ]
  for (const [name, build, reason] of refusals)
    it(`refuses ${name}`, async () => {
      const { changed, refusals, error } = await tryPass(foldScales, modelOf([2, 3, 5, 6], build))
      expect(changed).toBe(false)
      expect(error).toBe(0)
      if (reason.source !== '.') expect(refusals[0]?.reason).toMatch(reason)
    })
  it('rounds a chain of foldings once', async () => {
    const scales = Array.from({ length: 12 }, (_, i) => 20 + i)
    const model = modelOf([1, 3, 4, 4], (m, x) => scales.reduce((v, seed) => m.Mul(v, c(m, [4, 1, 1], seed, 0.7, 1.4)), m.Conv(x, c(m, [4, 3, 1, 1], 1))))
    const weights = model.graph.first!.inputs[1]!.constant!
    const factors = await Promise.all(scales.map(seed => noise([4, 1, 1], seed, 0.7, 1.4).load()))
    foldScales.run(model, { log: { add() {} } as never })
    const before = new Float32Array((await weights.load()).slice().buffer)
    const after = new Float32Array((await model.graph.first!.inputs[1]!.constant!.load()).slice().buffer)
    // closed form: the product in doubles, rounded once
    after.forEach((w, i) => expect(w).toBe(Math.fround(factors.reduce((p, f) => p * new Float32Array(f.slice().buffer)[Math.floor(i / 3)]!, before[i]!))))
  })
})

describe('fuse-gemm', () => {
  it('makes a Gemm of a product and its bias', async () => {
    const { ops, error } = await tryPass(fuseGemm, modelOf([3, 5], (m, x) => m.Add(c(m, [4], 2), m.MatMul(x, c(m, [5, 4], 1)))))
    expect(ops).toEqual(['Gemm'])
    expect(error).toBeLessThan(limit)
  })
  it('refuses more axes, and a sum that is no bias', async () => {
    expect((await tryPass(fuseGemm, modelOf([2, 3, 5], (m, x) => m.Add(m.MatMul(x, c(m, [5, 4], 1)), c(m, [4], 2))))).refusals[0]?.reason).toMatch(/rank/)
    expect((await tryPass(fuseGemm, modelOf([1, 5], (m, x) => m.Add(m.MatMul(x, c(m, [5, 4], 1)), c(m, [3, 4], 2))))).refusals[0]?.reason).toMatch(/bias/)
  })
})

it('models are run as they were built', async () => {
  const model = modelOf([2], (m, x) => m.Relu(x))
  expect(ops(model)).toEqual(['Relu'])
  expect([...(await runModel(model, noise([2], 1)))[0]!].every(v => v >= 0)).toBe(true)
})
