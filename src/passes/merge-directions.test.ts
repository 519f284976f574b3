import { describe, expect, it } from 'vitest'
import type { Value } from '../ir/model.ts'
import { attributesOf } from '../ops/meaning.ts'
import type { Make } from '../rewrite/pattern.ts'
import { flipped } from './kit/flips.ts'
import { modelOf, noise, onDisk, tryPass } from './kit/testing.ts'
import { mergeDirections } from './merge-directions.ts'
import { sliceForReverse } from './slice-for-reverse.ts'

// The reference of every number here is the graph before the pass, evaluated node by node in double precision with float32 stores.
const [T, B, I, H] = [5, 2, 3, 4]
const gates = { LSTM: 4, GRU: 3, RNN: 1 } as const
const c = (m: Make, shape: readonly number[], seed: number): Value => m.constant(onDisk(noise(shape, seed)))
const net = (m: Make, op: keyof typeof gates, x: Value, seed: number, attributes: Record<string, string | number | readonly string[]> = {}, states = false, hidden = H): Value[] =>
  m.ops(op, [x, c(m, [1, gates[op] * hidden, I], seed), c(m, [1, gates[op] * hidden, hidden], seed + 1), c(m, [1, 2 * gates[op] * hidden], seed + 2), ...(states ? [undefined, c(m, [1, B, hidden], seed + 3)] : [])], op === 'LSTM' ? 3 : 2, { hidden_size: hidden, ...attributes })
const squeeze = (m: Make, v: Value | undefined, axis: number): Value => m.Squeeze(v, m.ints([axis]))
/** Forth on x, and back on x turned round. */
const bothWays = (m: Make, op: keyof typeof gates, x: Value, attributes = {}, states = false): Value =>
  m.Concat(squeeze(m, net(m, op, x, 1, attributes, states)[0], 1), flipped(m, squeeze(m, net(m, op, flipped(m, x, 0), 11, attributes, states)[0], 1), 0), { axis: 2 })

describe('merge-directions', () => {
  for (const [op, attributes] of [['LSTM', {}], ['GRU', { linear_before_reset: 1 }], ['RNN', { activations: ['Relu'] }]] as const)
    it(`lets an ${op} go both ways`, async () => {
      for (const states of [false, true]) {
        const model = modelOf([T, B, I], (m, x) => bothWays(m, op, x, attributes, states))
        const { ops, error } = await tryPass(mergeDirections, model)
        expect(ops.filter(o => o !== 'Slice' && o !== 'Concat')).toEqual([op, 'Transpose', 'Reshape'])
        const node = [...model.allNodes()].find(n => n.op === op)!
        expect(attributesOf(node).string('direction', '')).toBe('bidirectional')
        expect(node.inputs.slice(1, 4).map(v => v!.constant!.shape[0])).toEqual([2, 2, 2])
        expect(error).toBeLessThan(1e-6)
      }
    })
  it('goes from the end where a sequence is turned round before and after', async () => {
    const model = modelOf([T, B, I], (m, x) => {
      const [y, h] = net(m, 'GRU', flipped(m, x, 0), 1)
      return [flipped(m, m.Transpose(squeeze(m, y, 1), { perm: [1, 0, 2] }), 1), h!]
    })
    const { ops, error } = await tryPass(mergeDirections, model)
    expect(ops.filter(o => o !== 'Slice')).toEqual(['GRU', 'Squeeze', 'Transpose'])
    expect(model.graph.outputs[0]!.producer!.node.op).toBe('Transpose')
    expect(error).toBe(0)
  })
  it('goes from the end where only the last state is wanted', async () => {
    const { changed, error } = await tryPass(mergeDirections, modelOf([T, B, I], (m, x) => net(m, 'RNN', flipped(m, x, 0), 1)[1]!))
    expect(changed).toBe(true)
    expect(error).toBe(0)
  })
  const refused: readonly [string, (m: Make, x: Value) => Value | readonly Value[]][] = [
    ['a sequence that is not turned back', (m, x) => squeeze(m, net(m, 'GRU', flipped(m, x, 0), 1)[0], 1)],
    ['a batch that is turned round', (m, x) => flipped(m, squeeze(m, net(m, 'GRU', flipped(m, x, 1), 1)[0], 1), 1)],
    ['two that go the same way', (m, x) => m.Concat(squeeze(m, net(m, 'GRU', x, 1)[0], 1), squeeze(m, net(m, 'GRU', x, 11)[0], 1), { axis: 2 })],
    ['the way back first', (m, x) => m.Concat(squeeze(m, net(m, 'GRU', x, 1, { direction: 'reverse' })[0], 1), squeeze(m, net(m, 'GRU', x, 11)[0], 1), { axis: 2 })],
    ['other attributes', (m, x) => m.Concat(squeeze(m, net(m, 'GRU', x, 1)[0], 1), squeeze(m, net(m, 'GRU', x, 11, { direction: 'reverse', linear_before_reset: 1 })[0], 1), { axis: 2 })],
    ['other sizes', (m, x) => m.Concat(squeeze(m, net(m, 'RNN', x, 1)[0], 1), squeeze(m, net(m, 'RNN', x, 11, { direction: 'reverse' }, false, 6)[0], 1), { axis: 2 })],
    ['a first state of one only', (m, x) => m.Concat(squeeze(m, net(m, 'RNN', x, 1, {}, true)[0], 1), squeeze(m, net(m, 'RNN', x, 11, { direction: 'reverse' })[0], 1), { axis: 2 })],
    ['a last state that is wanted', (m, x) => {
      const [[y, h], [z]] = [net(m, 'RNN', x, 1), net(m, 'RNN', x, 11, { direction: 'reverse' })]
      return [m.Concat(squeeze(m, y, 1), squeeze(m, z, 1), { axis: 2 }), h!]
    }],
  ]
  for (const [what, build] of refused) it(`refuses ${what}`, async () => expect((await tryPass(mergeDirections, modelOf([T, B, I], build))).changed).toBe(false))
})

describe('slice-for-reverse', () => {
  it('turns sequences round that are all as long as the axis', async () => {
    const build = (lengths: readonly number[]) => modelOf([T, B, I], (m, x) => m.op('ReverseSequence', [x, m.ints(lengths)], { time_axis: 0, batch_axis: 1 }))
    const { ops, error } = await tryPass(sliceForReverse, build([T, T]))
    expect(ops).toEqual(['Slice'])
    expect(error).toBe(0)
    expect((await tryPass(sliceForReverse, build([T, T - 1]))).changed).toBe(false)
  })
})
