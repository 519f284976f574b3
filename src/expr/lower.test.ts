import { describe, expect, it } from 'vitest'
import { Table } from './analysis/table.ts'
import { constant, input, read, reduceOver, stage, variable } from './expr.ts'
import { printStatements } from './js/print.ts'
import * as helpers from './js/scalar.ts'
import { lowerWrites } from './lower.ts'

describe('several writes at once', () => {
  const [a, b] = [input([4], 'float32'), input([4], 'float32')]
  const out = stage([3], 'float32', () => constant(0, 'float'))
  const k = variable(4)
  const sums = [0, 1, 2].map(i => reduceOver('sum', [k], read(a, [k]).mul(read(b, [k]).add(i))))
  const row = variable(2)
  const statements = lowerWrites(new Table(), new Map([[row, { id: 7, type: 'int' as const }]]), sums.map((value, i) => ({ buffer: out, position: constant(i, 'int'), value, ...(i === 1 && { condition: row.lt(1) }) })))

  it('share the loop of their sums', () => {
    expect(statements.filter(s => s.kind === 'for').length).toBe(1)
    expect(statements.filter(s => s.kind === 'store' || s.kind === 'if').map(s => s.kind)).toEqual(['store', 'if', 'store'])
  })
  it('make what each would alone, where their conditions hold', () => {
    const code = printStatements(statements, x => (x === a ? 'a' : x === b ? 'b' : 'out'))
    const run = new Function('h', 'a', 'b', 'out', 'i7', code) as (...args: unknown[]) => void
    for (const at of [0, 1]) {
      const found = new Float32Array(3)
      run(helpers, Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6, 7, 8), found, at)
      expect([...found]).toEqual([70, at === 0 ? 80 : 0, 90])
    }
  })
})
