import { describe, expect, it } from 'vitest'
import type { Value } from '../ir/model.ts'
import { sym } from '../ir/dim.ts'
import type { Make } from '../rewrite/pattern.ts'
import { hoistMoves } from './hoist-moves.ts'
import { modelOf, tryPass } from './kit/testing.ts'

// Numbers are checked against the graph before the pass, evaluated node by node: elements only move, or are scaled by a power of two.
type Build = (m: Make, x: Value) => Value | readonly Value[]
type Shape = Parameters<typeof modelOf>[0]

const count = (ops: readonly string[], op: string): number => ops.filter(o => o === op).length
const becomes = (what: string, shape: Shape, build: Build, transposes: number, splits = 0): void =>
  it(what, async () => {
    const { ops, error } = await tryPass(hoistMoves, modelOf(shape, build))
    expect([count(ops, 'Transpose'), count(ops, 'Split')]).toEqual([transposes, splits])
    expect(error).toBe(0)
  })
const stays = (what: string, shape: Shape, build: Build): void => it(what, async () => expect((await tryPass(hoistMoves, modelOf(shape, build))).changed).toBe(false))

const places = (m: Make, x: Value, axis: number, n = 3): Value[] => Array.from({ length: n }, (_, i) => m.Gather(x, m.int(i), { axis }))
const heads = (m: Make, x: Value): Value => m.Transpose(m.Reshape(x, m.ints([2, 5, 2, 3])), { perm: [0, 2, 1, 3] })

describe('hoist-moves', () => {
  becomes('places of the first axis', [3, 2, 5, 6], (m, x) => places(m, x, 0).map(v => heads(m, v)), 1)
  becomes('places of an axis inside', [2, 5, 3, 6], (m, x) => places(m, x, 2).map(v => heads(m, v)), 2)
  becomes('parts of a Split', [2, 5, 18], (m, x) => m.ops('Split', [x], 3, { axis: -1, num_outputs: 3 }).map(v => heads(m, v)), 2)
  becomes('past products with one number', [3, 2, 5, 6], (m, x) => places(m, x, 0).map((v, i) => (i < 2 ? m.Transpose(m.Mul(m.Reshape(v, m.ints([2, 5, 2, 3])), m.scalar(2 ** i / 4, 'float32')), { perm: [0, 2, 1, 3] }) : heads(m, v))), 1)
  becomes('keys that a product takes turned', [3, 2, 5, 6], (m, x) => {
    const [q, k, v] = places(m, x, 0)
    const turned = m.Transpose(m.Reshape(k, m.ints([2, 5, 2, 3])), { perm: [0, 2, 3, 1] })
    return m.MatMul(m.MatMul(heads(m, q!), turned), heads(m, v!))
  }, 2)
  becomes('with a batch of any size', [sym('N'), 5, 3, 6], (m, x) => places(m, x, 2).map(v => m.Transpose(m.Reshape(v, m.ints([0, 5, 2, 3])), { perm: [0, 2, 1, 3] })), 2)
  stays('different moves', [3, 2, 5, 6], (m, x) => places(m, x, 0).map((v, i) => m.Transpose(v, { perm: i === 1 ? [1, 0, 2] : [2, 1, 0] })))
  stays('a place that something else reads', [3, 2, 5], (m, x) => {
    const [a, b, c] = places(m, x, 0)
    return [m.Transpose(a), m.Transpose(b), m.Transpose(c), m.Relu(b)]
  })
  stays('parts that are only reshaped', [2, 5, 18], (m, x) => m.ops('Split', [x], 3, { axis: -1, num_outputs: 3 }).map(v => m.Reshape(v, m.ints([2, 5, 2, 3]))))
  stays('unequal parts', [2, 5, 18], (m, x) => m.ops('Split', [x, m.ints([4, 6, 8])], 3, { axis: -1 }).map(v => m.Transpose(v, { perm: [0, 2, 1] })))
  stays('moves of a value that is read otherwise too', [3, 2, 5], (m, x) => [...places(m, x, 0).map(v => m.Transpose(v)), m.Relu(x)])
})
