import { describe, expect, it } from 'vitest'
import { constant, input, read, scan, select, stage, sum, variable } from '../expr.ts'
import { Bounds } from './bounds.ts'
import { countWork } from './count.ts'
import { Cache, structuralKey } from './key.ts'
import { expressionOf, linearOf } from './linear.ts'
import { simplifier } from './simplify.ts'
import { orderStages, readsOf } from './stages.ts'
import { inlineStage } from './substitute.ts'
import { Table } from './table.ts'

describe('bounds', () => {
  const [i, j] = [variable(10), variable(4)]
  const of = (e: ReturnType<typeof constant>) => [...new Bounds().of(e)]
  it('follows index arithmetic', () => {
    expect(of(i.mul(4).add(j))).toEqual([0, 39])
    expect(of(i.mul(-2).add(3))).toEqual([-15, 3])
    expect(of(i.floormod(3))).toEqual([0, 2])
    expect(of(j.floormod(8))).toEqual([0, 3])
    expect(of(i.sub(5).floordiv(2))).toEqual([-3, 2])
    expect(of(i.sub(20).clamp(-3, 6))).toEqual([-3, -3])
  })
  it('knows what a comparison says about each side of a select', () => {
    const at = i.sub(3)
    expect(of(select(at.lt(0), at.add(10), at))).toEqual([0, 9])
  })
  it('takes an int that may wrap for any int', () => {
    expect(of(i.mul(2 ** 30))).toEqual([-(2 ** 31), 2 ** 31 - 1])
  })
  it('uses what is known of contents', () => {
    const b = input([4], 'int64', [0, 7])
    expect(of(read(b, [j]))).toEqual([0, 7])
    expect(of(read(input([4], 'uint8'), [j]))).toEqual([0, 255])
  })
  it('decides comparisons, but not those of floats', () => {
    expect(new Bounds().fixed(i.lt(10))).toBe(1)
    expect(new Bounds().fixed(i.lt(0))).toBe(0)
    expect(new Bounds().fixed(constant(1, 'float').lt(read(input([], 'float32'), [])))).toBeUndefined()
  })
})

describe('linear forms and simplification', () => {
  const table = new Table()
  const [i, j] = [variable(6), variable(4)]
  const tidy = simplifier(table)
  it('collects terms', () => {
    const { offset, terms } = linearOf(table, i.add(j).mul(3).sub(i).add(5))
    expect([offset, terms.get(table.intern(i)), terms.get(table.intern(j))]).toEqual([5, 2, 3])
  })
  it('puts quotient and remainder together again', () => {
    const x = i.mul(7).add(j)
    expect(table.intern(expressionOf(table, linearOf(table, x.floordiv(5).mul(5).add(x.floormod(5)))))).toBe(table.intern(expressionOf(table, linearOf(table, x))))
  })
  it('divides what a divisor divides', () => {
    expect(tidy(i.mul(4).add(j).floordiv(4))).toBe(table.intern(i))
    expect(tidy(i.mul(4).add(j).floormod(4))).toBe(table.intern(j))
    expect(tidy(i.mul(8).add(j).add(9).floordiv(4))).toBe(table.intern(expressionOf(table, linearOf(table, i.mul(2).add(j.add(1).floordiv(4)).add(2)))))
  })
  it('drops tests and limits that cannot matter', () => {
    expect(tidy(select(i.inside(0, 6), i, j))).toBe(table.intern(i))
    expect(tidy(i.min(5).max(0))).toBe(table.intern(i))
    expect(tidy(i.add(1).gt(i)).node).toMatchObject({ kind: 'const', value: 1 })
  })
  it('uses given ranges of variables', () => {
    const narrow = simplifier(table, new Map([[i, [2, 3]]]))
    expect(narrow(i.ge(2).and(i.lt(4))).node).toMatchObject({ kind: 'const', value: 1 })
  })
})

describe('stages', () => {
  const x = input([2, 3], 'float32')
  const y = stage([2, 3], 'float32', (i, j) => read(x, [i!, j!]).mul(2))
  const z = stage([3, 2], 'float32', (i, j) => read(y, [j!, i!]).add(1))
  it('are ordered after what they read', () => {
    expect(orderStages([z])).toEqual([y, z])
    expect(readsOf(z.stage!)).toEqual([y])
  })
  it('can be put into one another', () => {
    const table = new Table()
    const [i, j] = z.stage!.axes
    expect(table.intern(inlineStage(z.stage!.body, y))).toBe(table.intern(read(x, [j!, i!]).mul(2).add(1)))
  })
  it('have equal keys when they are built alike', () => {
    const make = (n: number, k = 2) => {
      const a = input([n], 'float32')
      return structuralKey([a], [stage([n], 'float32', i => sum([3], t => read(a, [i!]).mul(k).add(read(a, [t!]))))])
    }
    expect(make(5)).toBe(make(5))
    expect(new Set([make(5), make(6), make(5, 3)]).size).toBe(3)
  })
})

it('counts the work of a convolution, a scan and an elementwise stage', () => {
  const [x, w] = [input([8, 12, 12], 'float32'), input([16, 8, 3, 3], 'float32')]
  const conv = stage([16, 10, 10], 'float32', (m, i, j) => sum([8, 3, 3], (c, u, v) => read(x, [c!, i!.add(u!), j!.add(v!)]).mul(read(w, [m!, c!, u!, v!]))).add(1))
  expect(countWork([conv])).toEqual({ macs: 16 * 100 * 72, flops: 1600 })
  expect(countWork([scan([5], 'float32', 0, 'sum', i => read(input([5], 'float32'), [i!]).apply('exp'))])).toEqual({ macs: 0, flops: 10 })
})

it('a cache forgets what was asked for longest ago', () => {
  const cache = new Cache<number>(2)
  const made: string[] = []
  for (const key of ['a', 'b', 'a', 'c', 'b', 'a']) cache.get(key, () => made.push(key))
  expect(made).toEqual(['a', 'b', 'c', 'b', 'a'])
})
