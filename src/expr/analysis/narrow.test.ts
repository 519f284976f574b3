import fc from 'fast-check'
import { expect, it } from 'vitest'
import { compileClosures } from '../exact.ts'
import type { Buffer, Expr } from '../expr.ts'
import { cast, constant, input, read, reduce, select, variable } from '../expr.ts'
import { choicesFrom, scenario } from '../random.fixture.ts'
import { narrowLongs } from './narrow.ts'
import { expressionsOf, visit } from './stages.ts'

const longsIn = (e: Expr): number => {
  let count = 0
  visit([e], x => {
    if ((x.type === 'long' || x.type === 'ulong') && x.node.kind !== 'read' && x.node.kind !== 'const') count++
  })
  return count
}

it('takes the low word of a position from data before it reckons with it', () => {
  const at = read(input([5], 'int64'), [variable(5)])
  const index = cast(select(at.lt(0n), at.add(7n), at), 'int')
  const { node } = narrowLongs(index)
  expect(node.kind === 'select' && [node.a.type, node.b.type]).toEqual(['int', 'int'])
})

it('computes in 32 bits what fits', () => {
  const i = cast(variable(1000), 'long')
  const x = read(input([9], 'uint8'), [variable(9)])
  const fitting = [i.mul(1000n).add(5n), i.floormod(7n), cast(x, 'long').mul(x.to('long')), i.sub(3n).max(0n), reduce('sum', [100], k => cast(k, 'long').mul(2n)), select(i.lt(3n), i, 2n)]
  for (const e of fitting) expect(longsIn(narrowLongs(e))).toBe(1)
  expect(longsIn(narrowLongs(i.lt(500n)))).toBe(0)
})

it('leaves alone what may not fit', () => {
  const i = cast(variable(2 ** 20), 'long')
  const n = cast(read(input([3], 'int32'), [variable(3)]), 'long')
  for (const e of [i.mul(i), n.add(1n), n.neg(), i.add(2n ** 40n), reduce('prod', [70], () => constant(2, 'long'))]) expect(narrowLongs(e)).toBe(e)
})

const renewed = (b: Buffer, known: Map<Buffer, Buffer>): Buffer => {
  const found = known.get(b)
  if (found || !b.stage) return found ?? b
  const { body, fill, axes } = b.stage
  const made = { ...b, stage: { axes, body: narrowLongs(body), fill: fill.kind === 'scatter' ? { ...fill, at: fill.at.map(narrowLongs), value: narrowLongs(fill.value) } : fill } }
  known.set(b, made)
  return made
}

it('changes no value', () => {
  let changed = 0
  fc.assert(
    fc.property(fc.array(fc.nat(2 ** 20), { minLength: 300, maxLength: 300 }), stream => {
      const { inputs, arrays, outputs } = scenario(choicesFrom(stream))
      for (const b of outputs) {
        // a stage that reads another stage is compared with itself only
        const made = renewed(b, new Map())
        if (expressionsOf(made.stage!).some((e, i) => e !== expressionsOf(b.stage!)[i])) changed++
        expect(compileClosures(inputs, [made])(arrays)).toEqual(compileClosures(inputs, [b])(arrays))
      }
    }),
    { numRuns: 300, seed: 5 },
  )
  expect(changed).toBeGreaterThan(50)
})
