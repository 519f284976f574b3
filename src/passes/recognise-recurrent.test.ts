import { describe, expect, it } from 'vitest'
import { Log } from '../diag/diagnostic.ts'
import { float, graphAttribute } from '../ir/attribute.ts'
import type { Type } from '../ir/types.ts'
import { tensorType } from '../ir/types.ts'
import type { Model, Value } from '../ir/model.ts'
import { Graph } from '../ir/model.ts'
import { verify } from '../ir/verify.ts'
import type { Refusal } from '../rewrite/apply.ts'
import type { Make } from '../rewrite/pattern.ts'
import { makeWith } from '../rewrite/pattern.ts'
import { dropCarried } from './drop-carried.ts'
import { foldConstants } from './fold-constants.ts'
import { modelOf, noise, onDisk, ops, relativeError, runModel } from './kit/testing.ts'
import { attributesOf } from '../ops/meaning.ts'
import { recogniseRecurrent } from './recognise-recurrent.ts'
import { removeDeadCode } from './remove-dead-code.ts'
import { unrollLoops } from './unroll-loops.ts'

// The reference of every number is the same loop written out step by step and evaluated in double precision with float32 stores.
const [T, B, I, H] = [5, 2, 3, 4]
const limit = 1e-6
const c = (m: Make, shape: readonly number[], seed: number): Value => m.constant(onDisk(noise(shape, seed)))

/** A body graph: inputs by type, outputs by what `build` makes of them. */
function bodyOf(m: Make, inputs: readonly Type[], build: (make: Make, ...values: Value[]) => readonly Value[]): Graph {
  const graph = new Graph(m.graph.names, 'body')
  const values = inputs.map((type, i) => graph.addInput(graph.value(`in${i}`, type)))
  for (const v of build(makeWith(m.inside(graph)), ...values)) graph.addOutput(v)
  return graph
}
const row = tensorType('float32', [B, I])
const state = tensorType('float32', [B, H])
type Step = (m: Make, x: Value, ...states: Value[]) => readonly Value[]

interface Kind {
  readonly states?: number
  readonly attributes?: Readonly<Record<string, readonly number[]>>
  readonly zero?: boolean
  /** What is put together; the first state unless told. */
  readonly given?: (m: Make, states: readonly Value[], x: Value) => readonly Value[]
  readonly sequence?: (m: Make, x: Value) => Value
  readonly of?: Type
}
const starts = (m: Make, count: number, zero = false): Value[] => Array.from({ length: count }, (_, i) => (zero ? m.constant(noise([B, H], 1, 0, 0)) : c(m, [B, H], 50 + i)))

/** A Scan over x; gives the last states and what is put together. */
const scan = (step: Step, { states = 1, attributes = {}, zero, given = (_, s) => [m0(s)], sequence = (_, x) => x, of = row }: Kind = {}) => (m: Make, x: Value): Value[] => {
  const body = bodyOf(m, [...Array.from({ length: states }, () => state), of], (inner, ...values) => {
    const after = step(inner, values[states]!, ...values.slice(0, states))
    return [...after, ...given(inner, after, values[states]!)].map(v => inner.Identity(v))
  })
  return m.ops('Scan', [...starts(m, states, zero), sequence(m, x)], body.outputs.length, { body: graphAttribute(body), num_scan_inputs: 1, ...attributes })
}
const m0 = (values: readonly Value[]): Value => values[0]!

const dense = (m: Make, x: Value, size: number, out: number, seed: number, bias = true): Value => m.Gemm(x, c(m, [out, size], seed), ...(bias ? [c(m, [out], seed + 1)] : []), { transB: 1 })
const part = (m: Make, v: Value, i: number): Value => m.Slice(v, m.ints([i * H]), m.ints([(i + 1) * H]), m.ints([1]))
const one = (m: Make): Value => m.scalar(1, 'float32')

/** i, f, g, o as PyTorch has them. */
const lstm: Step = (m, x, h, memory) => {
  const [i, f, g, o] = m.ops('Split', [m.Add(dense(m, x, I, 4 * H, 1), dense(m, h!, H, 4 * H, 3))], 4, { axis: 1, num_outputs: 4 })
  const next = m.Add(m.Mul(m.Sigmoid(f), memory), m.Mul(m.Sigmoid(i), m.Tanh(g)))
  return [m.Mul(m.Sigmoid(o), m.Tanh(next)), next]
}
/** A matrix for each gate, of the input beside the state; f, o, i, g. */
const joinedLstm: Step = (m, x, h, memory) => {
  const both = m.Concat(h, x, { axis: -1 })
  const gate = (n: number): Value => m.Add(m.MatMul(both, c(m, [H + I, H], 10 + n)), c(m, [1, H], 20 + n))
  const next = m.Add(m.Mul(m.Tanh(gate(3)), m.Sigmoid(gate(2))), m.Mul(memory, m.Sigmoid(gate(0))))
  return [m.Mul(m.Tanh(next), m.Sigmoid(gate(1))), next]
}
/** Resets after the product; r, z, n as PyTorch has them. */
const gru: Step = (m, x, h) => {
  const [a, b] = [dense(m, x, I, 3 * H, 1), dense(m, h!, H, 3 * H, 3)]
  const [r, z] = [m.Sigmoid(m.Add(part(m, a, 0), part(m, b, 0))), m.Sigmoid(m.Add(part(m, a, 1), part(m, b, 1)))]
  const n = m.Tanh(m.Add(part(m, a, 2), m.Mul(r, part(m, b, 2))))
  return [m.Add(m.Mul(m.Sub(one(m), z), n), m.Mul(z, h))]
}
/** Resets before the product, both gates activated at once, and the update says how much goes: (1 - z) h + z n. */
const paperGru = (blend: (m: Make, z: Value, n: Value, h: Value) => Value): Step => (m, x, h) => {
  const gates = m.Sigmoid(m.Add(m.Add(m.MatMul(x, c(m, [I, 2 * H], 1)), m.MatMul(h, c(m, [H, 2 * H], 2))), c(m, [2 * H], 3)))
  const [z, r] = m.ops('Split', [gates, m.ints([H, H])], 2, { axis: -1 })
  const n = m.Tanh(m.Add(m.MatMul(x, c(m, [I, H], 4)), m.MatMul(m.Mul(r, h), c(m, [H, H], 5))))
  return [blend(m, z!, n, h!)]
}
const rnn: Step = (m, x, h) => [m.Tanh(m.Add(dense(m, x, I, H, 1), m.MatMul(h, c(m, [H, H], 3))))]

async function judge(build: (m: Make, x: Value) => readonly Value[], shape: readonly number[] = [T, B, I], meant = build): Promise<{ model: Model; refusals: Refusal[]; error: number }> {
  const reference = modelOf(shape, meant)
  unrollLoops.run(reference, { log: new Log() })
  expect(ops(reference).some(op => op === 'Scan' || op === 'Loop')).toBe(false)
  const before = await runModel(reference, noise(shape, 7))
  const model = modelOf(shape, build)
  const refusals: Refusal[] = []
  for (const pass of [dropCarried, foldConstants, recogniseRecurrent, removeDeadCode]) pass.run(model, { log: new Log(), refused: r => refusals.push(r) })
  verify(model)
  const after = await runModel(model, noise(shape, 7))
  return { model, refusals, error: Math.max(...after.map((a, i) => relativeError(a, before[i]!))) }
}
const nodeOf = (model: Model) => [...model.allNodes()].find(n => ['LSTM', 'GRU', 'RNN'].includes(n.op))

/** One step of a Loop that appends to a sequence. */
const loop = (length: (m: Make, x: Value) => Value, goesOn: (m: Make, at: Value, going: Value) => Value, place: (m: Make, at: Value) => Value, axis = 0, start = (m: Make): Value | undefined => m.scalar(1, 'bool')) => (m: Make, x: Value): Value[] => {
  const sequence: Type = { kind: 'sequence', of: state }
  const body = bodyOf(m, [tensorType('int64', []), tensorType('bool', []), state, state, sequence], (inner, at, going, h, memory, all) => {
    const after = lstm(inner, inner.Gather(x, place(inner, at!), { axis }), h!, memory!)
    return [goesOn(inner, at!, going!), ...after, inner.op('SequenceInsert', [all, after[0]])]
  })
  const results = m.ops('Loop', [length(m, x), start(m), ...starts(m, 2), m.op('SequenceEmpty', [])], 3, { body: graphAttribute(body) })
  return [m.op('ConcatFromSequence', [results[2]], { axis, new_axis: 1 }), results[1]!]
}
const steps = (m: Make): Value => m.int(T)
const always = (m: Make): Value => m.scalar(1, 'bool')

describe('recognise-recurrent', () => {
  const found: readonly [string, string, (m: Make, x: Value) => readonly Value[], Record<string, unknown>][] = [
    ['an LSTM', 'LSTM', scan(lstm, { states: 2 }), {}],
    ['an LSTM that begins with zeros', 'LSTM', scan(lstm, { states: 2, zero: true }), {}],
    ['an LSTM of joined matrices', 'LSTM', scan(joinedLstm, { states: 2 }), {}],
    ['an LSTM with its states the other way round', 'LSTM', scan((m, x, memory, h) => [...lstm(m, x, h!, memory!)].reverse(), { states: 2, given: (_, s) => [s[1]!] }), {}],
    ['an LSTM from the end', 'LSTM', scan(lstm, { states: 2, attributes: { scan_input_directions: [1], scan_output_directions: [1] } }), { direction: 'reverse' }],
    ['an LSTM from the end, its outputs as they come', 'LSTM', scan(lstm, { states: 2, attributes: { scan_input_directions: [1] } }), { direction: 'reverse' }],
    ['an LSTM put together along another axis, twice', 'LSTM', scan(lstm, { states: 2, given: (_, s) => [s[0]!, s[0]!], attributes: { scan_output_axes: [1, 2] } }), {}],
    ['a GRU that resets after the product', 'GRU', scan(gru), { linear_before_reset: 1 }],
    ['a GRU that resets before the product', 'GRU', scan(paperGru((m, z, n, h) => m.Add(m.Mul(z, h), m.Mul(n, m.Sub(one(m), z))))), {}],
    ['a GRU whose update says how much goes', 'GRU', scan(paperGru((m, z, n, h) => m.Add(m.Mul(m.Add(m.Neg(z), one(m)), h), m.Mul(z, n)))), {}],
    ['a GRU as a step from the candidate', 'GRU', scan(paperGru((m, z, n, h) => m.Add(n, m.Mul(z, m.Sub(h, n))))), {}],
    ['a GRU as a step from the state', 'GRU', scan(paperGru((m, z, n, h) => m.Add(h, m.Mul(m.Sub(n, h), z)))), {}],
    ['an RNN', 'RNN', scan(rnn), {}],
    ['an RNN with another activation', 'RNN', scan((m, x, h) => [m.op('HardSigmoid', [m.Add(dense(m, x, I, H, 1), dense(m, h!, H, H, 3))], { alpha: float(0.25) })]), { activations: ['HardSigmoid'] }],
    ['an RNN without biases, scaled', 'RNN', scan((m, x, h) => [m.Relu(m.Sub(m.Gemm(x, c(m, [I, H], 1), { alpha: float(0.5) }), m.Mul(m.MatMul(h, c(m, [H, H], 3)), m.scalar(0.75, 'float32'))))]), { activations: ['Relu'] }],
    ['an RNN with one matrix for both', 'RNN', scan((m, x, h) => {
      const weights = c(m, [H, H], 3)
      return [m.Tanh(m.Add(m.MatMul(x, weights), m.MatMul(h, weights)))]
    }, { sequence: (m, x) => m.Concat(x, m.Slice(x, m.ints([0]), m.ints([1]), m.ints([2])), { axis: 2 }), of: state }), {}],
    ['an LSTM whose share of the input was worked out before', 'LSTM', scan((m, x, h, memory) => {
      const [i, f, g, o] = m.ops('Split', [m.Add(x, m.MatMul(h, c(m, [H, 4 * H], 3)))], 4, { axis: 1, num_outputs: 4 })
      const next = m.Add(m.Mul(m.Sigmoid(f), memory), m.Mul(m.Sigmoid(i), m.Tanh(g)))
      return [m.Mul(m.Sigmoid(o), m.Tanh(next)), next]
    }, { states: 2, sequence: (m, x) => m.Add(m.MatMul(x, c(m, [I, 4 * H], 1)), c(m, [4 * H], 2)), of: tensorType('float32', [B, 4 * H]) }), {}],
    ['an LSTM of one step in a Scan', 'LSTM', scan((m, x, h, memory) => {
      const [, y, next] = m.ops('LSTM', [m.Unsqueeze(x, m.ints([0])), c(m, [1, 4 * H, I], 1), c(m, [1, 4 * H, H], 2), c(m, [1, 8 * H], 3), undefined, ...[h, memory].map(s => m.Unsqueeze(s, m.ints([0])))], 3, { hidden_size: H })
      return [y, next].map(v => m.Squeeze(v, m.ints([0])))
    }, { states: 2 }), {}],
    ['a Loop that appends to a sequence', 'LSTM', loop(steps, always, (_, at) => at), {}],
    ['a Loop from the end', 'LSTM', loop(steps, (_, __, going) => going, (m, at) => m.Sub(m.int(T - 1), at)), { direction: 'reverse' }],
    ['a Loop without a condition', 'LSTM', loop(steps, (_, __, going) => going, (_, at) => at, 0, () => undefined), {}],
  ]
  for (const [name, op, build, attributes] of found)
    it(`finds ${name}`, async () => {
      const { model, error } = await judge(build)
      const node = nodeOf(model)
      expect(node?.op).toBe(op)
      expect(ops(model).filter(o => o === 'Scan' || o === 'Loop')).toEqual([])
      const read = attributesOf(node!)
      expect({ direction: read.string('direction', 'forward'), linear_before_reset: read.int('linear_before_reset', 0), activations: read.strings('activations') }).toEqual({ direction: 'forward', linear_before_reset: 0, activations: undefined, ...attributes })
      expect(error).toBeLessThan(limit)
    })
  it('finds a Loop over the second axis', async () => {
    const { model, error } = await judge(loop(steps, always, (_, at) => at, 1), [B, T, I])
    expect(nodeOf(model)?.op).toBe('LSTM')
    expect(error).toBeLessThan(limit)
  })
  it('finds what TensorFlow counts and compares itself, with weights carried along', async () => {
    const written = (compares: boolean) => (m: Make, x: Value): readonly Value[] => {
      const weights = [c(m, [I, H], 1), c(m, [H, H], 2)]
      const types = [tensorType('int64', []), tensorType('bool', []), tensorType('int32', []), state, tensorType('float32', [I, H]), tensorType('float32', [H, H])]
      const body = bodyOf(m, types, (inner, at, _going, counter, h, w, r) => {
        const next = inner.Add(counter!, inner.scalar(1, 'int32'))
        const after = inner.Tanh(inner.Add(inner.MatMul(inner.Gather(x, counter!, { axis: 0 }), w!), inner.MatMul(h!, r!)))
        const less = (a: Value): Value => inner.op('Less', [inner.Cast(a, { to: 1 }), inner.scalar(T, 'float32')])
        return [compares ? inner.op('And', [less(next), less(at!)]) : always(inner), next, after, w!, r!, inner.Identity(after)]
      })
      const start = compares ? m.op('Less', [m.scalar(0, 'float32'), m.Cast(m.int(T), { to: 1 })]) : undefined
      const [, last, , , all] = m.ops('Loop', [m.int(T), start, m.scalar(0, 'int32'), ...starts(m, 1), ...weights], 5, { body: graphAttribute(body) })
      return [last!, all!]
    }
    const { model, error } = await judge(written(true), [T, B, I], written(false))
    expect(nodeOf(model)?.op).toBe('RNN')
    expect(error).toBeLessThan(limit)
  })
  it('keeps the weights out of memory', () => {
    const wide = modelOf([T, B, 64], (m, x) => {
      const type = tensorType('float32', [B, 64])
      const body = bodyOf(m, [type, type], (inner, h, given) => {
        const after = inner.Tanh(inner.Add(inner.MatMul(given!, c(inner, [64, 64], 1)), inner.MatMul(h!, c(inner, [64, 64], 2))))
        return [after, inner.Identity(after)]
      })
      return m.ops('Scan', [c(m, [B, 64], 3), x], 2, { body: graphAttribute(body), num_scan_inputs: 1 })
    })
    recogniseRecurrent.run(wide, { log: new Log() })
    expect(nodeOf(wide)!.inputs.slice(1, 3).map(v => v!.constant!.peek())).toEqual([undefined, undefined])
  })

  const refused: readonly [string, (m: Make, x: Value) => readonly Value[], RegExp][] = [
    ['a memory that is put together', scan(lstm, { states: 2, given: (_, s) => [s[1]!] }), /something else/],
    ['an output that is worked on', scan(rnn, { given: (m, s) => [m.Mul(s[0]!, m.scalar(2, 'float32'))] }), /something else/],
    ['gates of two activations', scan((m, x, h, memory) => {
      const [i, f, g, o] = m.ops('Split', [m.Add(dense(m, x, I, 4 * H, 1), dense(m, h!, H, 4 * H, 3))], 4, { axis: 1, num_outputs: 4 })
      const next = m.Add(m.Mul(m.Sigmoid(f), memory), m.Mul(m.op('HardSigmoid', [i]), m.Tanh(g)))
      return [m.Mul(m.Sigmoid(o), m.Tanh(next)), next]
    }, { states: 2 }), /no LSTM/],
    ['an activation that ONNX has no name for', scan((m, x, h) => [m.op('Erf', [m.Add(dense(m, x, I, H, 1), dense(m, h!, H, H, 3))])]), /no LSTM/],
    ['a state that enters twice', scan((m, x, h) => [m.Tanh(m.Add(m.Add(dense(m, x, I, H, 1), dense(m, h!, H, H, 3)), h))]), /no LSTM/],
    ['a part of the input', scan((m, x, h) => [m.Tanh(m.Add(m.MatMul(m.Slice(x, m.ints([0]), m.ints([2]), m.ints([1])), c(m, [2, H], 1)), m.MatMul(h, c(m, [H, H], 2))))]), /no LSTM/],
    ['a gate that the state does not enter', scan((m, x) => [m.Tanh(dense(m, x, I, H, 1))]), /no LSTM/],
    ['an update and a share that do not make one', scan(paperGru((m, z, n, h) => m.Add(m.Mul(z, h), m.Mul(n, m.Sub(m.scalar(2, 'float32'), z))))), /no LSTM/],
    ['a second state beside the cell', scan((m, x, h, other) => [...rnn(m, x, h!), m.Add(other!, h)], { states: 2 }), /more than the cell/],
    ['a bias for each sequence', scan((m, x, h) => [m.Tanh(m.Add(m.Add(m.MatMul(x, c(m, [I, H], 1)), m.MatMul(h, c(m, [H, H], 2))), c(m, [B, H], 3)))]), /no LSTM/],
    ['a Loop that may end early', loop(steps, (m, at) => m.op('Less', [at, m.int(2)]), (_, at) => at), /not known/],
    ['a Loop of fewer steps than the sequence has', loop(m => m.int(T - 1), always, (_, at) => at), /no LSTM/],
    ['a Loop that reads every second entry', loop(steps, always, (m, at) => m.op('Mod', [m.Mul(at, m.int(2)), m.int(T)])), /no LSTM/],
  ]
  for (const [name, build, reason] of refused)
    it(`refuses ${name}`, () => {
      const model = modelOf([T, B, I], build)
      const refusals: Refusal[] = []
      expect(recogniseRecurrent.run(model, { log: new Log(), refused: r => refusals.push(r) }).changed).toBe(false)
      expect(refusals.map(r => r.reason).join()).toMatch(reason)
      expect(nodeOf(model)).toBeUndefined()
      verify(model)
    })
})
