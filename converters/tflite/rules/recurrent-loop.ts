import { graphAttribute } from '../../../src/ir/attribute.ts'
import type { Dim } from '../../../src/ir/dim.ts'
import type { Node, Value } from '../../../src/ir/model.ts'
import { Graph } from '../../../src/ir/model.ts'
import { tensorType } from '../../../src/ir/types.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import type { Activation } from '../../../src/ops/kit/activations.ts'
import { activationsOf } from '../../../src/ops/kit/activations.ts'
import { attributesOf } from '../../../src/ops/meaning.ts'
import { dtypeOf, intOf, shapeOf, sizesOf, stringOf } from '../../../src/passes/kit/values.ts'
import { rule } from '../../../src/rewrite/pattern.ts'
import type { Rule } from '../../../src/rewrite/rule.ts'
import { part, summed } from '../kit/gates.ts'
import { filled, int32s } from './kit.ts'

/** One direction: gates side by side, in ONNX's order. */
interface Direction {
  readonly hidden: number
  readonly activations: readonly Activation[]
  clip(b: Builder, x: Value): Value
  /** The state times the recurrent weights of `count` gates from gate `first` on, with their own bias where there is one. */
  recur(b: Builder, state: Value, first: number, count: number, bias?: Value): Value
  /** A part of the bias of the recurrence, for the gates that can't have it in the input's share. */
  recurrentBias(first: number, count: number): Value | undefined
  readonly peepholes: readonly (Value | undefined)[]
}

/** From a gates' share of the input [1, batch, gates * hidden] and the states [1, batch, hidden] to the states after them, what comes out first. */
type Step = (b: Builder, x: Value, states: readonly Value[]) => readonly Value[]

interface Cell {
  readonly gates: number
  readonly activations: readonly string[]
  /** Inputs with the initial states. */
  readonly initial: readonly number[]
  /** Gates whose bias of the recurrence is not added to that of the input. */
  apart(node: Node): readonly number[]
  step(node: Node, d: Direction): Step
}

const splitV = (b: Builder, x: Value, sizes: readonly number[]): Value[] => b.ops('tflite::SPLIT_V', [x, int32s(b, sizes), int32s(b, [2], [])], sizes.length, { num_splits: sizes.length })
const split = (b: Builder, x: Value, count: number): Value[] => b.ops('tflite::SPLIT', [int32s(b, [2], []), x], count, { num_splits: count })

const cells: Readonly<Record<string, Cell>> = {
  RNN: {
    gates: 1,
    activations: ['Tanh'],
    initial: [5],
    apart: () => [],
    step: (_, d) => (b, x, [before]) => [d.activations[0]!(b, d.clip(b, b.op('Add', [x, d.recur(b, before!, 0, 1)])))],
  },
  GRU: {
    gates: 3,
    activations: ['Sigmoid', 'Tanh'],
    initial: [5],
    apart: node => (intOf(node, 'linear_before_reset', 0) !== 0 ? [2] : []),
    step(node, d) {
      const linear = intOf(node, 'linear_before_reset', 0) !== 0
      const [f, g] = d.activations as [Activation, Activation]
      return (b, x, [before]) => {
        const [gates, candidate] = splitV(b, x, [2 * d.hidden, d.hidden])
        const bias = linear ? d.recurrentBias(0, 3) : undefined
        const [own, product] = linear ? splitV(b, d.recur(b, before!, 0, 3, bias), [2 * d.hidden, d.hidden]) : [d.recur(b, before!, 0, 2)]
        const [update, reset] = split(b, f(b, d.clip(b, b.op('Add', [gates, own]))), 2)
        const share = linear ? b.op('Mul', [reset, product]) : d.recur(b, b.op('Mul', [reset, before]), 2, 1)
        const next = g(b, d.clip(b, b.op('Add', [candidate, share])))
        return [b.op('Add', [next, b.op('Mul', [update, b.op('Sub', [before, next])])])]
      }
    },
  },
  LSTM: {
    gates: 4,
    activations: ['Sigmoid', 'Tanh', 'Tanh'],
    initial: [5, 6],
    apart: () => [],
    step(node, d) {
      const coupled = intOf(node, 'input_forget', 0) === 1
      const [f, g, h] = d.activations as [Activation, Activation, Activation]
      const gate = (b: Builder, v: Value, weight: Value | undefined, seen: Value): Value => f(b, d.clip(b, weight ? b.op('Add', [v, b.op('Mul', [weight, seen])]) : v))
      return (b, x, [hidden, cell]) => {
        const all = b.op('Add', [x, d.recur(b, hidden!, 0, 4)])
        const [toInput, toOutput, toForget] = d.peepholes
        if (!toInput && !coupled) {
          const [three, one] = splitV(b, all, [3 * d.hidden, d.hidden])
          const [i, o, keep] = split(b, f(b, d.clip(b, three!)), 3)
          const next = b.op('Add', [b.op('Mul', [keep, cell]), b.op('Mul', [i, g(b, d.clip(b, one!))])])
          return [b.op('Mul', [o, h(b, next)]), next]
        }
        const [i, o, keep, c] = split(b, all, 4) as [Value, Value, Value, Value]
        const entering = gate(b, i, toInput, cell!)
        const kept = coupled ? b.op('Sub', [b.scalar(1, 'float32'), entering]) : gate(b, keep, toForget, cell!)
        const next = b.op('Add', [b.op('Mul', [kept, cell]), b.op('Mul', [entering, g(b, d.clip(b, c))])])
        return [b.op('Mul', [gate(b, o, toOutput, next), h(b, next)]), next]
      }
    },
  },
}

/** Below this many steps a WHILE is no gain. */
const fewest = 2

/** ONNX's LSTM, GRU and RNN with constant weights as a WHILE for each direction: the input's share of all steps at once before it. The number of steps may be open. */
const loop = rule('tflite-recurrent-loop', p => p.op('LSTM|GRU|RNN'), ({ root: node }, b, refuse) => {
  const cell = cells[node.op]!
  const [given, w, r, bias, lengths] = node.inputs as [Value, Value, Value, Value | undefined, Value | undefined]
  const front = intOf(node, 'layout', 0) === 1
  const count = stringOf(node, 'direction', 'forward') === 'bidirectional' ? 2 : 1
  const [weights, hidden] = [sizesOf(w), sizesOf(r)?.[2]]
  if (shapeOf(given)?.length !== 3 || dtypeOf(given) !== 'float32' || weights?.length !== 3 || hidden === undefined) return refuse('it takes float32 of known rank')
  const held = [w, r, bias, node.inputs[7]].filter(v => v !== undefined)
  if (!held.every(v => v.isConstant && v.constant!.dtype === 'float32')) return refuse('the weights must be constant')
  if (weights[1] !== cell.gates * hidden || weights[0] !== count) return refuse('the weights have another shape')
  const x = front ? b.op('Transpose', [given], { perm: [1, 0, 2] }) : given
  const [steps, batch] = shapeOf(x)!
  if (typeof steps === 'number' && steps < fewest) return refuse('a step or none is written out')
  const names = attributesOf(node).strings('activations') ?? []
  const own = names.length > 0 ? names : Array.from({ length: count }, () => cell.activations).flat()
  const activations = activationsOf(own, attributesOf(node).floats('activation_alpha') ?? [], attributesOf(node).floats('activation_beta') ?? [], 'float32')
  if (activations === undefined || activations.length < cell.activations.length * count) return refuse('its activations are not known')
  const limit = attributesOf(node).float('clip')
  const size = weights[2]!
  const gates = cell.gates
  const apart = new Set(cell.apart(node))
  const until = lengths && b.op('Reshape', [b.op('Cast', [lengths], { to: 6 }), b.ints([1, -1, 1])])

  const runs = Array.from({ length: count }, (_, d) => {
    const biasAt = (side: number, g: number): number => (2 * d + side) * gates * hidden + g * hidden
    const direction: Direction = {
      hidden,
      activations: activations.slice(d * cell.activations.length, (d + 1) * cell.activations.length),
      clip: (inner, v) => (limit === undefined ? v : inner.op('Clip', [v, inner.scalar(-limit, 'float32'), inner.scalar(limit, 'float32')])),
      recur: (inner, state, first, many, added) => inner.op('tflite::FULLY_CONNECTED', [state, part(inner, r, (d * gates + first) * hidden * hidden, [many * hidden, hidden]), ...(added ? [added] : [])], { keep_num_dims: 1 }),
      recurrentBias: (first, many) => bias && part(b, bias, biasAt(1, first), [many * hidden]),
      peepholes: [0, 1, 2].map(g => node.inputs[7] && part(b, node.inputs[7], (3 * d + g) * hidden, [hidden])),
    }
    const added = bias && (apart.size > 0 ? part(b, bias, biasAt(0, 0), [gates * hidden]) : summed(b, bias, [biasAt(0, 0), biasAt(1, 0)], [gates * hidden]))
    const share = b.op('tflite::FULLY_CONNECTED', [x, part(b, w, d * gates * hidden * size, [gates * hidden, size]), ...(added ? [added] : [])], { keep_num_dims: 1 })
    const initial = cell.initial.map(i => {
      const v = node.inputs[i]
      if (v === undefined) return zeros(b, x, batch!, hidden)
      const turned = front ? b.op('Transpose', [v], { perm: [1, 0, 2] }) : v
      return count === 1 ? turned : b.ops('Split', [turned], 2, { axis: 0, num_outputs: 2 })[d]!
    })
    const back = stringOf(node, 'direction', 'forward') === 'reverse' || d === 1
    return looped(b, { share, steps: steps!, initial, step: cell.step(node, direction), back, until, hidden, wanted: (node.outputs[0]?.uses.size ?? 0) > 0 })
  })
  const joined = (values: readonly Value[], axis: number): Value => (values.length === 1 ? values[0]! : b.op('Concat', values, { axis }))
  const sequence = (): Value => {
    const all = joined(runs.map(run => run.outputs!), 2)
    const spread = count === 1 ? b.op('Unsqueeze', [all, b.ints([1])]) : b.op('Transpose', [b.op('Reshape', [all, b.ints([0, 0, 2, hidden])])], { perm: [0, 2, 1, 3] })
    return front ? b.op('Transpose', [spread], { perm: [2, 0, 1, 3] }) : spread
  }
  return node.outputs.map((out, o) => {
    if (out === undefined || out.uses.size === 0) return undefined
    if (o === 0) return sequence()
    const states = joined(runs.map(run => run.states[o - 1]!), 0)
    return front ? b.op('Transpose', [states], { perm: [1, 0, 2] }) : states
  })
})

function zeros(b: Builder, x: Value, batch: Dim, hidden: number): Value {
  if (typeof batch === 'number') return filled(b, [1, batch, hidden], 0)
  return b.op('ConstantOfShape', [b.op('Concat', [b.ints([1]), b.op('Shape', [x], { start: 1, end: 2 }), b.ints([hidden])], { axis: 0 })])
}

interface Looped {
  /** The input's share of every step: [steps, batch, gates * hidden]. */
  readonly share: Value
  readonly steps: Dim
  readonly initial: readonly Value[]
  readonly step: Step
  readonly back: boolean
  /** How long each sequence is, [1, batch, 1]. */
  readonly until: Value | undefined
  readonly hidden: number
  /** Whether all that comes out is wanted, and not only the states at the end. */
  readonly wanted: boolean
}

/**
 * A WHILE over the steps. What comes out is put over the first of the input's shares, which a round has used when it does so; where there is but one, over that
 * itself. The counter is a vector of one, so that what it picks and where it puts need no axis made.
 */
function looped(b: Builder, { share, steps, initial, step, back, until, hidden, wanted }: Looped): { outputs: Value | undefined; states: readonly Value[] } {
  const width = shapeOf(share)!.at(-1)
  const open = typeof steps !== 'number'
  const counted = open ? b.op('Cast', [b.op('Shape', [share], { start: 0, end: 1 })], { to: 6 }) : undefined
  const first = !back ? int32s(b, [0]) : counted ? b.op('Sub', [counted, int32s(b, [1])]) : int32s(b, [(steps as number) - 1])
  const inPlace = wanted && width === hidden
  const buffer = wanted && !inPlace ? b.op('tflite::SLICE', [share, int32s(b, [0, 0, 0]), int32s(b, [-1, -1, hidden])]) : undefined
  const end = !back && counted ? counted : undefined
  const given = [first, ...initial, share, buffer, end, until?.isConstant ? undefined : until]
  const carried = given.filter(v => v !== undefined)
  const place = given.map((_, i) => given.slice(0, i).filter(v => v !== undefined).length)
  const make = (name: string): { graph: Graph; at: (i: number) => Value | undefined } => {
    const graph = new Graph(b.graph.names, name)
    const inputs = carried.map((v, i) => graph.addInput(graph.value(v.name, i === 0 ? tensorType('int32', [1]) : v.type)))
    return { graph, at: i => (given[i] ? inputs[place[i]!] : undefined) }
  }
  const [places, n] = [{ share: 1 + initial.length, buffer: 2 + initial.length, end: 3 + initial.length, until: 4 + initial.length }, initial.length]

  const ask = make('goes_on')
  const asking = b.inside(ask.graph)
  const bound = ask.at(places.end) ?? int32s(asking, [steps as number])
  ask.graph.addOutput(back ? asking.op('tflite::GREATER_EQUAL', [ask.at(0), int32s(asking, [0])]) : asking.op('tflite::LESS', [ask.at(0), bound]))

  const body = make('step')
  const work = b.inside(body.graph)
  const [count, before] = [body.at(0)!, Array.from({ length: n }, (_, i) => body.at(1 + i)!)]
  let next = step(work, work.op('tflite::GATHER', [body.at(places.share), count]), before)
  let out = next[0]!
  const ends = until?.isConstant ? until : body.at(places.until)
  if (ends) {
    // a sequence that has ended keeps its state and gives zeros
    const going = work.op('tflite::LESS', [count, ends])
    out = work.op('Where', [going, out, work.scalar(0, 'float32')])
    next = next.map((v, i) => work.op('Where', [going, v, before[i]]))
  }
  const put = (over: Value): Value => work.op('tflite::DYNAMIC_UPDATE_SLICE', [over, out, work.op('tflite::PAD', [count, int32s(work, [0, 2], [1, 2])])])
  const shared = body.at(places.share)!
  const results = [work.op('tflite::ADD', [count, int32s(work, [back ? -1 : 1])]), ...next, inPlace ? put(shared) : shared, buffer && put(body.at(places.buffer)!), body.at(places.end), body.at(places.until)]
  results.filter(v => v !== undefined).forEach(v => body.graph.addOutput(v))
  const outputs = b.ops('tflite::WHILE', carried, carried.length, { cond_subgraph: graphAttribute(ask.graph), body_subgraph: graphAttribute(body.graph) })
  return { outputs: wanted ? outputs[place[inPlace ? places.share : places.buffer]!] : undefined, states: outputs.slice(1, 1 + n) }
}

/** For recurrent operators that the runtime's own do not cover. */
export const recurrentLoopRules: readonly Rule[] = [loop]
