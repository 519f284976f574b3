import type { Dim } from '../../../src/ir/dim.ts'
import type { Node, Value } from '../../../src/ir/model.ts'
import { deferredTensor } from '../../../src/ir/tensor.ts'
import type { Tensor } from '../../../src/ir/tensor.ts'
import type { Builder } from '../../../src/ops/builder.ts'
import { shapeEquals } from '../../../src/ir/types.ts'
import { writtenOut } from '../../../src/ops/kit/written-out.ts'
import { attributesOf } from '../../../src/ops/meaning.ts'
import { dtypeOf, intOf, numbersOf, permOf, shapeOf, sizesOf, stringOf } from '../../../src/passes/kit/values.ts'
import { rule } from '../../../src/rewrite/pattern.ts'
import type { Rule } from '../../../src/rewrite/rule.ts'
import { part, summed } from '../kit/gates.ts'
import { asVariable, batchFirstFault, isVariable, stateRefusal } from '../kit/states.ts'
import type { TfliteOperator } from '../operator.ts'
import { operators } from '../ops/registry.gen.ts'
import { filled, int32s, onNode } from './kit.ts'

/** A recurrent operator of ONNX with constant weights, in terms that the runtime's kernels have. */
interface Recurrent {
  readonly x: Value
  /** Whether x has the batch in front of the steps. */
  readonly batchFirst: boolean
  readonly batch: Dim
  readonly directions: 1 | 2
  readonly back: boolean
  readonly hidden: number
  readonly size: number
  /** Initial states of each direction, [batch, hidden]. */
  readonly states: readonly (readonly Value[])[]
}

/** The activations of each direction by lower-case name. */
const activationNames = (node: Node, usual: readonly string[], directions: number): readonly string[] => {
  const given = attributesOf(node).strings('activations') ?? []
  return (given.length > 0 ? given : Array.from({ length: directions }, () => usual).flat()).map(n => n.toLowerCase())
}

/** Where x is only turned from the batch in front to the steps in front: what it was. */
function unturned(x: Value): Value | undefined {
  const node = x.producer?.node
  const [from, to] = [shapeOf(node?.inputs[0]), shapeOf(x)]
  if (!node || from?.length !== 3 || to === undefined) return undefined
  if (node.qualified === 'Transpose' && permOf(node, 3).join() === '1,0,2') return node.inputs[0]
  const swapped = String(from[0]) === String(to[1]) && String(from[1]) === String(to[0]) && String(from[2]) === String(to[2])
  return node.qualified === 'Reshape' && swapped && (from[0] === 1 || from[1] === 1) ? node.inputs[0] : undefined
}

/** The facts of a node that a fused kernel can stand for, or why none can. */
function recurrentOf(node: Node, b: Builder, gates: number, stateInputs: readonly number[]): Recurrent | string {
  const [given, w, r, bias, lengths] = node.inputs as [Value, Value, Value, Value | undefined, Value | undefined]
  const directions = stringOf(node, 'direction', 'forward') === 'bidirectional' ? 2 : 1
  const shape = shapeOf(given)
  const [weights, recurrent] = [sizesOf(w), sizesOf(r)]
  const hidden = recurrent?.[2]
  if (shape?.length !== 3 || dtypeOf(given) !== 'float32' || weights?.length !== 3 || hidden === undefined) return 'it takes float32 of known rank'
  if (![w, r, ...(bias ? [bias] : [])].every(v => v.isConstant && v.constant!.dtype === 'float32')) return 'the weights must be constant'
  if (weights[1] !== gates * hidden || weights[0] !== directions) return 'the weights have another shape'
  const front = intOf(node, 'layout', 0) === 1
  const [steps, batch] = front ? [shape[1]!, shape[0]!] : [shape[0]!, shape[1]!]
  if (lengths && !(typeof steps === 'number' && numbersOf(lengths)?.every(n => n === steps))) return 'the sequences have lengths of their own'
  if (steps === 0 || batch === 0) return 'there is nothing in it'
  if (attributesOf(node).float('clip') !== undefined) return 'what enters an activation is bounded'
  const wide = directions === 2 && batch !== 1
  const x = front && wide ? b.op('Transpose', [given], { perm: [1, 0, 2] }) : given
  const turned = front || wide ? undefined : unturned(given)
  const states = stateInputs.map(i => initialOf(b, node.inputs[i], given, front, batch, hidden, directions))
  return {
    x: turned ?? x, batchFirst: (front && !wide) || turned !== undefined, batch, directions, back: stringOf(node, 'direction', 'forward') === 'reverse', hidden, size: weights[2]!,
    states: Array.from({ length: directions }, (_, d) => states.map(s => s[d]!)),
  }
}

/** An initial state of each direction. */
function initialOf(b: Builder, given: Value | undefined, x: Value, front: boolean, batch: Dim, hidden: number, directions: number): Value[] {
  if (given === undefined) {
    if (typeof batch === 'number') return Array.from({ length: directions }, () => filled(b, [writtenOut(batch * hidden) / hidden, hidden], 0))
    const at = Number(!front)
    return Array.from({ length: directions }, () => b.op('ConstantOfShape', [b.op('Concat', [b.op('Shape', [x], { start: at, end: at + 1 }), b.ints([hidden])], { axis: 0 })]))
  }
  const held = sizesOf(given)
  if (given.isConstant && held && (!front || held[0] === 1)) return Array.from({ length: directions }, (_, d) => part(b, given, d * (held[front ? 0 : 1]! * hidden), [held[front ? 0 : 1]!, hidden]))
  const axis = b.ints([front ? 1 : 0])
  const parts = directions === 1 ? [given] : b.ops('Split', [given], 2, { axis: front ? 1 : 0, num_outputs: 2 })
  return parts.map(v => b.op('Squeeze', [v, axis]))
}

/** What the operator's outputs are, from what the kernel gives: `all` [.., .., directions * hidden], and the states after it. */
function outputsOf(node: Node, b: Builder, r: Recurrent, all: Value, after: readonly (readonly Value[])[]): (Value | undefined)[] {
  const { directions, hidden, batchFirst } = r
  const front = intOf(node, 'layout', 0) === 1
  const time = batchFirst ? 1 : 0
  const used = (i: number): boolean => (node.outputs[i]?.uses.size ?? 0) > 0
  const sequence = (): Value => {
    if (front) return b.op('Reshape', [batchFirst ? all : b.op('Transpose', [all], { perm: [1, 0, 2] }), b.ints([0, 0, directions, hidden])])
    const stepsFirst = batchFirst ? b.op('Transpose', [all], { perm: [1, 0, 2] }) : all
    if (directions === 1) return b.op('Unsqueeze', [stepsFirst, b.ints([1])])
    return b.op('Transpose', [b.op('Reshape', [stepsFirst, b.ints([0, 0, 2, hidden])])], { perm: [0, 2, 1, 3] })
  }
  /** The last step of each direction, [batch, hidden]. */
  const last = (): Value[] => Array.from({ length: directions }, (_, d) => {
    const first = d === 1 || r.back
    const [starts, ends, axes] = [[first ? 0 : -1], [first ? 1 : 2 ** 31 - 1], [time]]
    if (directions === 2) [starts, ends, axes].forEach((list, i) => list.push([d * hidden, (d + 1) * hidden, 2][i]!))
    return b.op('Squeeze', [b.op('Slice', [all, b.ints(starts), b.ints(ends), b.ints(axes)]), b.ints([time])])
  })
  const whole = (values: readonly Value[]): Value => {
    const each = values.map(v => b.op('Unsqueeze', [v, b.ints([front ? 1 : 0])]))
    return each.length === 1 ? each[0]! : b.op('Concat', each, { axis: front ? 1 : 0 })
  }
  const y = used(0) ? sequence() : undefined
  if (!used(2)) return [y, used(1) ? whole(last()) : undefined, undefined]
  // a delegate may run what reads a variable before what overwrites it, unless it waits for the sequence too
  const packed = b.op('tflite::PACK', [...last(), ...after.map(states => states[1])], { values_count: 2 * directions, axis: front ? 1 : undefined })
  return [y, ...b.ops('tflite::SPLIT', [int32s(b, [front ? 1 : 0], []), packed], 2, { num_splits: 2 })]
}

const reversed = (b: Builder, r: Recurrent, v: Value): Value => (r.back ? b.op('tflite::REVERSE_V2', [v, int32s(b, [r.batchFirst ? 1 : 0])]) : v)

/** ONNX's order of gates is input, output, forget, cell; peepholes go input, output, forget. */
function lstmWeights(b: Builder, node: Node, { hidden, size }: Recurrent, d: number): { input: Value[]; recurrent: Value[]; peephole: (Value | undefined)[]; bias: Value[] } {
  const [, w, r, bias, , , , peepholes] = node.inputs as (Value | undefined)[]
  const order = [0, 2, 3, 1]
  return {
    input: order.map(g => part(b, w!, (4 * d + g) * hidden * size, [hidden, size])),
    recurrent: order.map(g => part(b, r!, (4 * d + g) * hidden * hidden, [hidden, hidden])),
    peephole: [0, 2, 1].map(g => peepholes && part(b, peepholes, (3 * d + g) * hidden, [hidden])),
    bias: order.map(g => (bias ? summed(b, bias, [(8 * d + g) * hidden, (8 * d + 4 + g) * hidden], [hidden]) : filled(b, [hidden], 0))),
  }
}

const fused: Readonly<Record<string, string>> = { tanh: 'TANH', relu: 'RELU' }

const lstm = rule('tflite-lstm', p => p.op('LSTM'), ({ root: node }, b, refuse) => {
  const [peepholes] = node.inputs.slice(7)
  if (peepholes && !(peepholes.isConstant && peepholes.constant!.dtype === 'float32')) return refuse('the peepholes must be constant')
  if (intOf(node, 'input_forget', 0) !== 0) return refuse('its gates are coupled')
  const r = recurrentOf(node, b, 4, [5, 6])
  if (typeof r === 'string') return refuse(r)
  const names = activationNames(node, ['Sigmoid', 'Tanh', 'Tanh'], r.directions)
  const kind = fused[names[1]!]
  if (kind === undefined || names.some((n, i) => n !== (i % 3 === 0 ? 'sigmoid' : names[1]))) return refuse('its activations are others than the kernel has')
  const directions = r.states.map((states, d) => ({ states, ...lstmWeights(b, node, r, d) }))
  const weights = (d: (typeof directions)[number]): (Value | undefined)[] => [...d.input, ...d.recurrent, ...d.peephole, ...d.bias, undefined, undefined]
  if (r.directions === 1) {
    const [one] = directions
    const inputs = [reversed(b, r, r.x), ...weights(one!), ...one!.states]
    const [y, ...after] = b.ops('tflite::UNIDIRECTIONAL_SEQUENCE_LSTM', inputs, 3, { fused_activation_function: kind, time_major: Number(!r.batchFirst) || undefined })
    return outputsOf(node, b, r, reversed(b, r, y!), [after])
  }
  const inputs = [r.x, ...directions.flatMap(weights), ...r.states.flat(), ...Array.from({ length: 9 }, () => undefined)]
  const [y, h0, c0, h1, c1] = b.ops('tflite::BIDIRECTIONAL_SEQUENCE_LSTM', inputs, 5, { fused_activation_function: kind, merge_outputs: 1, time_major: Number(!r.batchFirst) }) as [Value, Value, Value, Value, Value]
  return outputsOf(node, b, r, y, [[h0, c0], [h1, c1]])
})

const rnn = rule('tflite-rnn', p => p.op('RNN'), ({ root: node }, b, refuse) => {
  const r = recurrentOf(node, b, 1, [5])
  if (typeof r === 'string') return refuse(r)
  const names = activationNames(node, ['Tanh'], r.directions)
  const kind = fused[names[0]!]
  if (kind === undefined || names.some(n => n !== names[0])) return refuse('its activations are others than the kernel has')
  const [, w, recurrent, bias] = node.inputs as (Value | undefined)[]
  const { hidden, size } = r
  const weights = r.states.flatMap((states, d) => [
    part(b, w!, d * hidden * size, [hidden, size]), part(b, recurrent!, d * hidden * hidden, [hidden, hidden]),
    bias ? summed(b, bias, [2 * d * hidden, (2 * d + 1) * hidden], [hidden]) : filled(b, [hidden], 0), ...states,
  ])
  if (r.directions === 1) {
    const [y] = b.ops('tflite::UNIDIRECTIONAL_SEQUENCE_RNN', [reversed(b, r, r.x), ...weights], 2, { fused_activation_function: kind, time_major: Number(!r.batchFirst) || undefined })
    return outputsOf(node, b, r, reversed(b, r, y!), [])
  }
  const [y] = b.ops('tflite::BIDIRECTIONAL_SEQUENCE_RNN', [r.x, ...weights, undefined, undefined, undefined], 3, { fused_activation_function: kind, merge_outputs: 1, time_major: Number(!r.batchFirst) || undefined })
  return outputsOf(node, b, r, y!, [])
})

const sequences = 'tflite::UNIDIRECTIONAL_SEQUENCE_LSTM|tflite::BIDIRECTIONAL_SEQUENCE_LSTM|tflite::UNIDIRECTIONAL_SEQUENCE_RNN|tflite::BIDIRECTIONAL_SEQUENCE_RNN'

/** The kernels take the batch in front as well: what turned a sequence before goes behind, where it meets what turns it back. */
const turned = rule('tflite-sequence-turned', p => p.op(sequences), ({ root }, b, refuse) => {
  const [x] = root.inputs
  const before = unturned(x!)
  const stepsFirst = intOf(root, 'time_major', root.op === 'BIDIRECTIONAL_SEQUENCE_LSTM' ? 1 : 0) === 1
  if (!stepsFirst || before === undefined) return refuse('the steps are not in front, or were so before')
  if (root.op.startsWith('BI') && shapeOf(before)![0] !== 1) return refuse(batchFirstFault)
  if (root.op.startsWith('BI') && (intOf(root, 'merge_outputs', 0) !== 1 || root.inputs.at(-1) || root.inputs[root.op.endsWith('LSTM') ? 39 : 9])) return refuse('there are more sequences')
  const [y, ...states] = b.ops(root.qualified, [before, ...root.inputs.slice(1)], root.outputs.length, { ...root.attributes, time_major: 0 })
  return [b.op('Transpose', [y], { perm: [1, 0, 2] }), ...states]
})

/** ONNX's LSTM and RNN as the runtime's own, whose states are values: what makes them variables comes later. */
export const fusedRecurrentRules: readonly Rule[] = [lstm, rnn, turned]

const stateful = operators.filter(o => o.states)

/** Constants side by side. */
const stacked = (tensors: readonly Tensor[], shape: readonly number[]): Tensor =>
  deferredTensor('float32', shape, tensors, `stack ${tensors.length} to [${shape.join()}]`, parts => {
    const out = new Uint8Array(parts.reduce((n, p) => n + p.byteLength, 0))
    parts.reduce((at, p) => (out.set(p, at), at + p.byteLength), 0)
    return out
  })

/**
 * A value of the runtime's own memory that holds what another does: made anew in each run. By an operator that copies: the runtime lets a RESHAPE share the memory of
 * what it is given, and then a variable has none.
 */
function copied(b: Builder, value: Value): Value {
  const { node } = value.producer ?? {}
  const [shape, source] = [shapeOf(value), node && ['Squeeze', 'Reshape', 'tflite::RESHAPE', 'tflite::SQUEEZE'].includes(node.qualified) && value.uses.size === 1 ? node.inputs[0] : undefined]
  if (shape && source && shapeEquals(shapeOf(source), [1, ...shape])) return b.op('tflite::UNPACK', [source], { num: 1 })
  return b.op('tflite::SPLIT', [int32s(b, [0], []), value], { num_splits: 1 })
}

/**
 * The states that an operator overwrites become variables, each made anew in each run by an operator before it: so a run begins as the model says, and not
 * where the last one ended. Constants of one shape come out of one SPLIT.
 */
const variables = onNode('variables', stateful.map(o => `tflite::${o.name}`), (node, b, refuse) => {
  const states = (stateful.find(o => o.name === node.op) as TfliteOperator).states!(node)
  if (stateRefusal(node, states) === undefined) return refuse('its states are variables')
  const inputs = [...node.inputs]
  const constants = new Map<string, number[]>()
  for (const i of states.inputs) {
    const value = inputs[i]!
    if (value.isConstant) {
      if (!isVariable(value)) constants.set(String(sizesOf(value)), [...(constants.get(String(sizesOf(value))) ?? []), i])
      continue
    }
    inputs[i] = asVariable(copied(b, value))
  }
  for (const places of constants.values()) {
    const [rows, ...rest] = sizesOf(inputs[places[0]!])!
    const held = b.constant(stacked(places.map(i => inputs[i]!.constant!), [rows! * places.length, ...rest]))
    b.ops('tflite::SPLIT', [int32s(b, [0], []), held], places.length, { num_splits: places.length }).forEach((v, k) => (inputs[places[k]!] = asVariable(v)))
  }
  return b.ops(node.qualified, inputs, node.outputs.length, node.attributes)
})

export const recurrentRules: readonly Rule[] = [variables]
