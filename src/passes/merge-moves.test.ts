import { describe, expect, it } from 'vitest'
import type { Value } from '../ir/model.ts'
import { sym } from '../ir/dim.ts'
import type { Make } from '../rewrite/pattern.ts'
import { modelOf, random, tryPass } from './kit/testing.ts'
import { mergeMoves } from './merge-moves.ts'

// Numbers are checked against the graph before the pass, evaluated node by node.
type Build = (m: Make, x: Value) => Value | readonly Value[]
type Shape = Parameters<typeof modelOf>[0]

const becomes = (what: string, shape: Shape, build: Build, left: readonly string[]): void =>
  it(what, async () => {
    const result = await tryPass(mergeMoves, modelOf(shape, build))
    expect(result.ops).toEqual(left)
    expect(result.error).toBe(0)
  })
const chain = (m: Make, x: Value, ...steps: readonly (readonly [what: 'reshape' | 'transpose', to: readonly number[]])[]): Value =>
  steps.reduce((v, [what, to]) => (what === 'reshape' ? m.Reshape(v, m.ints(to)) : m.Transpose(v, { perm: to })), x)

describe('merge-moves', () => {
  becomes('keys of attention, turned with the heads in the batch', [2, 4, 3, 5], (m, x) => chain(m, x, ['transpose', [0, 2, 1, 3]], ['reshape', [6, 4, 5]], ['transpose', [0, 2, 1]], ['reshape', [2, 3, 5, 4]]), ['Transpose'])
  becomes('the same with a batch of any size', [sym('N'), 4, 3, 5], (m, x) => chain(m, x, ['transpose', [0, 2, 1, 3]], ['reshape', [-1, 4, 5]], ['transpose', [0, 2, 1]], ['reshape', [-1, 3, 5, 4]]), ['Transpose'])
  becomes('torch.nn.PixelShuffle', [2, 12, 3, 5], (m, x) => chain(m, x, ['reshape', [2, 3, 2, 2, 3, 5]], ['transpose', [0, 1, 4, 2, 5, 3]], ['reshape', [2, 3, 6, 10]]), ['DepthToSpace'])
  becomes('tf.nn.depth_to_space as ONNX says it', [2, 12, 3, 5], (m, x) => chain(m, x, ['reshape', [2, 2, 2, 3, 3, 5]], ['transpose', [0, 3, 4, 1, 5, 2]], ['reshape', [2, 3, 6, 10]]), ['DepthToSpace'])
  becomes('a pixel shuffle of a batch and an image of any size', [sym('N'), 8, sym('H'), 5], (m, x) => chain(m, x, ['reshape', [0, 2, 2, 2, -1, 5]], ['transpose', [0, 1, 4, 2, 5, 3]], ['reshape', [0, 2, -1, 10]]), ['DepthToSpace'])
  becomes('torch.nn.PixelUnshuffle', [2, 3, 6, 4], (m, x) => chain(m, x, ['reshape', [2, 3, 3, 2, 2, 2]], ['transpose', [0, 1, 3, 5, 2, 4]], ['reshape', [2, 12, 3, 2]]), ['SpaceToDepth'])
  becomes('space to depth', [2, 3, 6, 4], (m, x) => chain(m, x, ['reshape', [2, 3, 3, 2, 2, 2]], ['transpose', [0, 3, 5, 1, 2, 4]], ['reshape', [2, 12, 3, 2]]), ['SpaceToDepth'])
  becomes('what comes back to where it was', [4, 6], (m, x) => chain(m, x, ['reshape', [4, 2, 3]], ['transpose', [1, 0, 2]], ['transpose', [1, 0, 2]], ['reshape', [4, 6]]), ['Identity'])
  becomes('a reshape between transpositions', [2, 3, 4], (m, x) => chain(m, x, ['transpose', [2, 0, 1]], ['reshape', [4, 6]], ['transpose', [1, 0]]), ['Reshape'])
  becomes('axes of size 1 that go round with the others', [2, 3, 1, 4], (m, x) => chain(m, x, ['reshape', [2, 3, 4]], ['transpose', [2, 1, 0]], ['reshape', [4, 1, 3, 2]]), ['Transpose'])
  becomes('a shuffle of channels not at all', [1, 6, 2, 2], (m, x) => chain(m, x, ['reshape', [1, 2, 3, 2, 2]], ['transpose', [0, 2, 1, 3, 4]], ['reshape', [1, 6, 2, 2]]), ['Reshape', 'Transpose', 'Reshape'])
  becomes('nothing that others use too', [4, 6], (m, x) => {
    const y = chain(m, x, ['reshape', [4, 2, 3]], ['transpose', [1, 0, 2]])
    return [y, chain(m, y, ['reshape', [2, 2, 2, 3]], ['transpose', [0, 2, 1, 3]])]
  }, ['Reshape', 'Transpose', 'Reshape', 'Transpose'])

  it('keeps what any chain computes', async () => {
    const next = random(11)
    const below = (n: number): number => Math.floor(((next() + 1) / 2) * n)
    const pieces = [2, 3, 2, 1, 5, 2]
    let fired = 0
    for (let round = 0; round < 120; round++) {
      const steps: (readonly ['reshape' | 'transpose', readonly number[]])[] = []
      let shape = [...pieces]
      for (let i = 0; i < 4; i++) {
        if (i % 2 === 0) {
          const cuts = shape.length < 3 ? [2, 3, 10, 2] : shape.reduce<number[]>((out, d) => (out.length > 0 && below(2) === 0 ? [...out.slice(0, -1), out.at(-1)! * d] : [...out, d]), [])
          shape = cuts.reduce((a, b) => a * b, 1) === 120 ? cuts : shape
          steps.push(['reshape', shape])
        } else {
          const order = shape.map((_, a) => a).sort(() => below(3) - 1)
          shape = order.map(a => shape[a]!)
          steps.push(['transpose', order])
        }
      }
      const { error, changed } = await tryPass(mergeMoves, modelOf(pieces, (m, x) => chain(m, x, ...steps)))
      expect(error, JSON.stringify(steps)).toBe(0)
      if (changed) fired++
    }
    expect(fired).toBeGreaterThan(20)
  })
})
