import { describe, expect, it } from 'vitest'
import { isContraction } from '../../executors/webgpu/kernels/contraction/index.ts'
import type { Profile } from '../../executors/webgpu/profile.ts'
import { sizeOf } from '../../src/expr/analysis/linear.ts'
import { compileExact } from '../../src/expr/exact.ts'
import type { Buffer, Expr } from '../../src/expr/expr.ts'
import { input, read, stage, sum } from '../../src/expr/expr.ts'
import { allocate } from '../../src/expr/storage.ts'
import type { TypedArray } from '../../src/ir/tensor.ts'
import { numberToHalf } from '../../src/ir/minifloat.ts'
import type { Window } from './convolution.ts'
import { convolution } from './convolution.ts'
import { adapterProfile, planned, runOnGpu } from './programs.ts'

// Contractions on the adapter at hand against exact arithmetic in doubles, each as kernels for software drivers and as kernels for real GPUs.

/** Small integers, so that sums are exact in any order. */
function numbers(b: Buffer, seed: number): TypedArray {
  const out = allocate(b.dtype, sizeOf(b.shape))
  const bits = new Uint32Array(1)
  for (let i = 0; i < out.length; i++) {
    const v = ((i * 7919 + seed * 104729) % 13) - 6
    if (b.dtype === 'bfloat16') new Float32Array(bits.buffer)[0] = v
    out[i] = b.dtype === 'float16' ? numberToHalf(v) : b.dtype === 'bfloat16' ? bits[0]! >>> 16 : v
  }
  return out
}

async function check(inputs: readonly Buffer[], output: Buffer, form = true): Promise<void> {
  expect(isContraction(output)).toBe(form)
  const arrays = inputs.map(numbers)
  const [expected] = compileExact(inputs, [output])(arrays)
  const profile = await adapterProfile()
  const profiles: Profile[] = [{ ...profile, software: true, groupsPerDimension: 7 }, { ...profile, software: false }]
  const seen = new Set<string>()
  for (const p of profiles) {
    const program = planned(inputs, [output], p)
    const code = JSON.stringify(program.kernels.map(k => [k.code, k.groups]))
    if (seen.has(code)) continue
    seen.add(code)
    expect((await runOnGpu(program, arrays)).outputs).toEqual([expected])
  }
}

const matmul = (a: Buffer, b: Buffer, [m, n, k]: readonly [number, number, number], ta = false, tb = false, dtype: Buffer['dtype'] = 'float32', finish = (e: Expr, ..._: Expr[]): Expr => e): Buffer =>
  stage([m, n], dtype, (i, j) => finish(sum([k], t => read(a, ta ? [t!, i!] : [i!, t!]).mul(read(b, tb ? [j!, t!] : [t!, j!]))), i!, j!))

describe('matrix products', () => {
  const turned: readonly (readonly [boolean, boolean])[] = [[false, false], [true, false], [false, true], [true, true]]
  const sizes = [[64, 64, 64], [17, 33, 65], [1, 250, 64], [131, 192, 96], [3, 100, 300], [131, 13, 52], [40, 500, 7], [250, 1, 640], [1, 3, 5000], [7, 7, 997], [20, 20, 1030]] as const
  for (const [at, [m, n, k]] of sizes.entries()) {
    for (const [ta, tb] of at < 3 ? turned : [turned[at % 4]!]) {
      it(`${m}x${k} by ${k}x${n}${ta ? ', left transposed' : ''}${tb ? ', right transposed' : ''}`, async () => {
        const a = input(ta ? [k, m] : [m, k], 'float32')
        const b = input(tb ? [n, k] : [k, n], 'float32')
        await check([a, b], matmul(a, b, [m, n, k], ta, tb))
      })
    }
  }
  for (const [m, n] of [[1, 50], [50, 1], [3, 50], [9, 2]] as const) {
    it(`${m}x700 by 700x${n}, terms side by side`, async () => {
      const [a, b] = [input([m, 700], 'float32'), input([n, 700], 'float32')]
      await check([a, b], matmul(a, b, [m, n, 700], false, true, 'float32', (e, i) => e.add(i.to('float'))))
    })
  }
  it('batches, broadcast on one side', async () => {
    const [a, b] = [input([3, 2, 10, 20], 'float32'), input([2, 20, 30], 'float32')]
    await check([a, b], stage([3, 2, 10, 30], 'float32', (p, q, i, j) => sum([20], t => read(a, [p!, q!, i!, t!]).mul(read(b, [q!, t!, j!])))))
  })
  it('many small ones', async () => {
    const [a, b] = [input([50, 5, 6], 'float32'), input([50, 6, 7], 'float32')]
    await check([a, b], stage([50, 5, 7], 'float32', (p, i, j) => sum([6], t => read(a, [p!, i!, t!]).mul(read(b, [p!, t!, j!])))))
  })
  it('bias, activation and residual', async () => {
    const [a, b, bias, rest] = [input([37, 40], 'float32'), input([40, 45], 'float32'), input([45], 'float32'), input([37, 45], 'float32')]
    await check([a, b, bias, rest], matmul(a, b, [37, 45, 40], false, false, 'float32', (e, i, j) => e.mul(2).add(read(bias, [j!])).max(0).add(read(rest, [i!, j!]))))
  })
  it('an elementwise prologue', async () => {
    const [a, b] = [input([37, 40], 'float32'), input([40, 45], 'float32')]
    await check([a, b], stage([37, 45], 'float32', (i, j) => sum([40], t => read(a, [i!, t!]).max(0).mul(read(b, [t!, j!]).add(1)))))
  })
  it('a result that is turned', async () => {
    const [a, b] = [input([2, 3, 20, 16], 'float32'), input([2, 3, 16, 24], 'float32')]
    await check([a, b], stage([2, 20, 3, 24], 'float32', (p, i, h, j) => sum([16], t => read(a, [p!, h!, i!, t!]).mul(read(b, [p!, h!, t!, j!])))))
  })
  for (const dtype of ['float16', 'bfloat16'] as const) {
    it(`${dtype}, added in float32`, async () => {
      const [a, b] = [input([33, 40], dtype), input([40, 45], dtype)]
      await check([a, b], matmul(a, b, [33, 45, 40], false, false, dtype))
    })
  }
  for (const [x, w] of [['int8', 'int8'], ['uint8', 'int8'], ['int32', 'int32']] as const) {
    it(`${x} by ${w}, with zero points`, async () => {
      const [a, b] = [input([33, 40], x), input([45, 40], w)]
      await check([a, b], stage([33, 45], 'int32', (i, j) => sum([40], t => read(a, [i!, t!]).sub(3).mul(read(b, [j!, t!])))))
      await check([a, b], stage([33, 45], 'int8', (i, j) => sum([40], t => read(a, [i!, t!]).sub(3).mul(read(b, [j!, t!]))).clamp(-100, 100)))
    })
  }
})

describe('convolutions', () => {
  const cases: Record<string, Window> = {
    '3x3': { image: [1, 16, 14, 14], kernel: [3, 3], outputs: 20, pad: 1 },
    '3x3, stride 2': { image: [2, 5, 15, 17], kernel: [3, 3], outputs: 7, pad: 1, stride: 2 },
    '3x3, dilation 2': { image: [1, 6, 13, 11], kernel: [3, 3], outputs: 9, pad: 2, dilation: 2 },
    '7x7, stride 2': { image: [1, 3, 33, 33], kernel: [7, 7], outputs: 13, pad: 3, stride: 2 },
    '1x1': { image: [2, 24, 7, 7], kernel: [1, 1], outputs: 40 },
    '1x1, stride 2': { image: [1, 24, 14, 14], kernel: [1, 1], outputs: 33, stride: 2 },
    '2x3 without padding': { image: [1, 8, 9, 9], kernel: [2, 3], outputs: 12 },
    '4 groups': { image: [1, 16, 10, 10], kernel: [3, 3], outputs: 24, group: 4, pad: 1 },
    depthwise: { image: [1, 12, 14, 14], kernel: [3, 3], outputs: 12, group: 12, pad: 1 },
    'depthwise, stride 2': { image: [2, 9, 15, 13], kernel: [5, 5], outputs: 9, group: 9, pad: 2, stride: 2 },
    'depthwise, twice the channels': { image: [1, 6, 11, 11], kernel: [3, 3], outputs: 12, group: 6, pad: 1 },
    'one axis': { image: [2, 10, 50], kernel: [5], outputs: 14, pad: 2 },
    'three axes': { image: [1, 4, 6, 7, 8], kernel: [3, 3, 3], outputs: 6, pad: 1 },
  }
  for (const [name, window] of Object.entries(cases)) {
    it(name, async () => {
      const { inputs, output } = convolution(window)
      await check(inputs, output)
    })
  }
})
