import { expect, it } from 'vitest'
import type { Buffer } from '../../../src/expr/expr.ts'
import { input, read, scan, scatter, stage } from '../../../src/expr/expr.ts'
import type { DType } from '../../../src/ir/dtype.ts'
import { planProgram } from '../program.ts'
import { leastProfile } from '../profile.ts'
import type { Profile } from '../profile.ts'
import { orderKernels } from './sort.ts'

const cpu: Profile = { ...leastProfile, software: true }
const plan = (inputs: readonly Buffer[], y: Buffer, profile: Profile): string[] => planProgram(inputs, inputs.map(() => false), [y], { profile, root: b => b }).kernels.map(k => k.label)

function scattered(op: 'set' | 'add' | 'max', dtype: DType, n = 1000): [Buffer[], Buffer] {
  const [x, at, u] = [input([50], dtype), input([n], 'int32'), input([n], dtype)]
  return [[x, at, u], scatter([50], dtype, i => read(x, [i!]), [n], j => ({ at: [read(at, [j!])], value: read(u, [j!]) }), op)]
}

it('lets the last update win without an order', () => {
  expect(plan(...scattered('set', 'float32'), leastProfile)).toEqual(['map', 'scatter', 'scatter', 'scatter'])
  expect(plan(...scattered('set', 'float32'), cpu)).toEqual(['map', 'scatter'])
  expect(plan(...scattered('set', 'float32', 10), leastProfile)).toEqual(['map', 'scatter'])
})

it('changes words at once where WGSL can', () => {
  const code = (op: 'add' | 'max', dtype: DType): string => {
    const [inputs, y] = scattered(op, dtype)
    return planProgram(inputs, inputs.map(() => false), [y], { profile: leastProfile, root: b => b }).kernels.map(k => k.code).join('')
  }
  expect(code('add', 'int32')).toContain('atomicAdd')
  expect(code('max', 'int8')).toContain('atomicMax')
  expect(code('add', 'float32')).toContain('atomicCompareExchangeWeak')
  expect(code('max', 'int64')).not.toContain('atomic')
})

it('runs along long rows by teams and in parts', () => {
  const running = (rows: number, n: number): [Buffer[], Buffer] => {
    const x = input([rows, n], 'float32')
    return [[x], scan([rows, n], 'float32', 1, 'sum', (i, j) => read(x, [i!, j!]))]
  }
  expect(plan(...running(1, 100_000), leastProfile)).toEqual(['map', 'scan', 'scan'])
  expect(plan(...running(1000, 1000), leastProfile)).toEqual(['scan'])
})

it('binds no more buffers than a shader may', () => {
  const inputs = Array.from({ length: 40 }, () => input([3], 'float32'))
  const y = stage([3], 'float32', i => inputs.map(b => read(b, [i!])).reduce((a, b) => a.add(b)))
  const { kernels } = planProgram(inputs, inputs.map(() => false), [y], { profile: leastProfile, root: b => b })
  expect(Math.max(...kernels.map(k => k.bindings.length))).toBeLessThanOrEqual(leastProfile.storageBuffers)
  expect(kernels.map(k => k.label).filter(l => l === 'map')).toHaveLength(1)
})

it('sorts pieces that fit a workgroup and merges them two and two', () => {
  const x = input([100_000], 'float32')
  const labels = (profile: Profile): string[] => orderKernels({ profile, root: b => b }, { x, outer: 1, size: 100_000, inner: 1, count: 10, descending: true, places: { shape: [10], dtype: 'int32' } }).map(k => k.label)
  expect(labels(leastProfile)).toEqual(['sort', ...Array.from({ length: 6 }, () => 'merge')])
})
