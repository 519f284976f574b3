import { expect, it } from 'vitest'
import type { Buffer } from '../../../src/expr/expr.ts'
import { input, read, reduce, select, stage, sum } from '../../../src/expr/expr.ts'
import { planProgram } from '../program.ts'
import { leastProfile } from '../profile.ts'
import type { Profile } from '../profile.ts'
import { teamFor } from './team.ts'

const cpu: Profile = { ...leastProfile, software: true }
const plan = (x: Buffer, y: Buffer, profile: Profile): string[] => planProgram([x], [false], [y], { profile, root: b => b }).kernels.map(k => `${k.label} ${k.groups.join('x')}`)

function softmax(rows: number, n: number): [Buffer, Buffer] {
  const x = input([rows, n], 'float32')
  const high = stage([rows, 1], 'float32', i => reduce('max', [n], k => read(x, [i!, k!])))
  const power = stage([rows, n], 'float32', (i, j) => read(x, [i!, j!]).sub(read(high, [i!, 0])).apply('exp'))
  const total = stage([rows, 1], 'float32', i => sum([n], k => read(power, [i!, k!])))
  return [x, stage([rows, n], 'float32', (i, j) => read(power, [i!, j!]).div(read(total, [i!, 0])))]
}

it('makes the stages of a softmax one kernel', () => {
  expect(plan(...softmax(1000, 1000), leastProfile)).toEqual(['rows 1000x1x1'])
  expect(plan(...softmax(1000, 1000), cpu)).toEqual(['rows 16x1x1'])
  expect(plan(...softmax(200_000, 100), leastProfile)).toEqual(['rows 65535x2x1'])
})

it('takes in what follows element by element', () => {
  const [x, y] = softmax(64, 32)
  const z = stage(y.shape, 'float32', (...i) => select(read(y, i).apply('isnan'), 0, read(y, i)))
  expect(plan(x, z, leastProfile)).toHaveLength(1)
  const seen = stage([4, 16, 32], 'float32', (a, b, c) => select(read(y, [a!.mul(16).add(b!), c!]).apply('isnan'), 0, read(y, [a!.mul(16).add(b!), c!])))
  expect(plan(x, seen, leastProfile)).toHaveLength(1)
})

it('adds one long row in two levels', () => {
  const x = input([1_000_000], 'float32')
  const total = stage([], 'float32', () => sum([1_000_000], k => read(x, [k!])))
  expect(plan(x, total, leastProfile)).toEqual(['reduce 256x1x1', 'reduce 1x1x1'])
})

it('leaves products of matrices and small windows to others', () => {
  const x = input([64, 64], 'float32')
  expect(plan(x, stage([64, 64], 'float32', (i, j) => sum([64], k => read(x, [i!, k!]).mul(read(x, [k!, j!])))), leastProfile).join()).not.toContain('reduce')
  expect(plan(x, stage([62, 62], 'float32', (i, j) => sum([3, 3], (p, q) => read(x, [i!.add(p!), j!.add(q!)]))), leastProfile)).toEqual(['map 61x1x1'])
})

it('gives neighbours in memory to neighbours in the workgroup', () => {
  expect(teamFor({ count: 100, terms: 1000, across: false }, leastProfile)).toEqual({ lanes: 256, rows: 1, step: 1 })
  expect(teamFor({ count: 100, terms: 1000, across: true }, leastProfile)).toEqual({ lanes: 8, rows: 32, step: 32 })
  expect(teamFor({ count: 1_000_000, terms: 10, across: false }, leastProfile).lanes).toBe(1)
})
