import { graphAttribute } from '../../ir/attribute.ts'
import type { Dim } from '../../ir/dim.ts'
import { unknownDim } from '../../ir/dim.ts'
import type { DType } from '../../ir/dtype.ts'
import type { Node, Value } from '../../ir/model.ts'
import { Graph } from '../../ir/model.ts'
import { tensorType } from '../../ir/types.ts'
import { readAttributes } from '../attributes.ts'
import type { Builder } from '../builder.ts'
import { inferInvalid } from '../diagnostics.ts'
import type { AttributeReader, InferContext, VersionStep } from '../operator.ts'
import { becomeAll } from './versions.ts'
import { scalarTensor } from '../scalar.ts'
import { reshapedTensor } from '../../ir/tensor.ts'
import type { Activation } from './activations.ts'
import { activationsOf } from './activations.ts'

/** What one direction of a recurrent operator is made of. */
export interface CellInput {
  readonly attributes: AttributeReader
  readonly dtype: DType
  readonly hidden: number
  readonly activations: readonly Activation[]
  /** The recurrent weights, transposed: [hidden, gates * hidden]. */
  readonly recurrent: Value
  /** The product of a state with them. */
  times(b: Builder, state: Value): Value
  /** Of the recurrence, [gates * hidden]; absent without biases. */
  readonly recurrentBias: Value | undefined
  /** Other inputs of the operator by index, this direction's part of them. */
  part(input: number): Value | undefined
  /** Bounds the input of an activation, where the node asks for it. */
  clip(b: Builder, x: Value): Value
}

/** A recurrent operator: which states it has and what one step does. */
export interface Cell {
  /** Inputs with the initial states. */
  readonly initial: readonly number[]
  /** Names of the activations of one direction. */
  readonly activations: readonly string[]
  /** From both biases, each [gates * hidden], to what is added to the weighted input. */
  bias(b: Builder, input: Value, recurrent: Value, attributes: AttributeReader, hidden: number): Value
  /** Prepares one direction outside the loop; gives a step from the weighted input [batch, gates * hidden] and states to new states, the output first. */
  step(b: Builder, input: CellInput): (b: Builder, x: Value, states: readonly Value[]) => readonly Value[]
}

/** Products with weights that are not plain matrices, in place of inputs 1 and 2. */
export interface Products {
  readonly hidden: number
  /** Inputs that the products take. */
  readonly inputs: readonly number[]
  /** The input, [steps, batch, size], times what input 1 means; a state times what input 2 means. `part` gives a direction's part of an input. */
  times(b: Builder, input: 1 | 2, x: Value, part: (input: number) => Value | undefined): Value
}

/** Sequences up to this length are unrolled; longer ones become a Scan. Beyond it the graph outgrows what a loop costs. */
export const unrolledSteps = 16

const attributesOf = (node: Node): AttributeReader =>
  readAttributes(node.attributes, message => {
    throw inferInvalid(node, message)
  })

const shapeOf = (v: Value | undefined) => (v?.type?.kind === 'tensor' ? v.type.shape : undefined)

/** Infers Y, Y_h and, for `outputs` 3, Y_c. */
export function inferRecurrent(ctx: InferContext, outputs: number): void {
  const [x, r] = [ctx.shape(0), ctx.shape(2)]
  if (x && x.length !== 3) ctx.fail(`its input has rank ${x.length}, not 3`)
  const batchFirst = ctx.attributes.int('layout', 0) === 1
  const direction = ctx.attributes.string('direction', 'forward')
  if (!['forward', 'foward', 'reverse', 'bidirectional'].includes(direction)) ctx.fail(`direction ${direction}`)
  const directions = direction === 'bidirectional' ? 2 : 1
  const hidden: Dim = ctx.attributes.int('hidden_size') ?? r?.[2] ?? unknownDim()
  const [steps, batch] = x ? [x[batchFirst ? 1 : 0]!, x[batchFirst ? 0 : 1]!] : [unknownDim(), unknownDim()]
  ctx.output(0, ctx.dtype(0), batchFirst ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden])
  for (let o = 1; o < outputs; o++) ctx.output(o, ctx.dtype(0), batchFirst ? [batch, directions, hidden] : [directions, batch, hidden])
}

/** A recurrent operator as a graph of simpler ones; undefined when its sizes or activations are not known. */
export function decomposeRecurrent(b: Builder, node: Node, cell: Cell, products?: Products): readonly (Value | undefined)[] | undefined {
  const attributes = attributesOf(node)
  const [x0, w, r, biases, lengths] = node.inputs
  const type = x0?.type
  const hidden = products?.hidden ?? attributes.int('hidden_size') ?? shapeOf(r)?.[2]
  if (type?.kind !== 'tensor' || !w || !r || typeof hidden !== 'number') return undefined
  const dtype = type.dtype
  const batchFirst = attributes.int('layout', 0) === 1
  const direction = attributes.string('direction', 'forward')
  const count = direction === 'bidirectional' ? 2 : 1
  const given = attributes.strings('activations') ?? []
  const names = given.length > 0 ? given : Array.from({ length: count }, () => cell.activations).flat()
  const activations = activationsOf(names, attributes.floats('activation_alpha') ?? [], attributes.floats('activation_beta') ?? [], dtype)
  const per = cell.activations.length
  if (activations === undefined || activations.length < per * count) return undefined
  const limit = attributes.float('clip')
  const x = batchFirst ? b.op('Transpose', [x0], { perm: [1, 0, 2] }) : x0!
  const part = (v: Value | undefined, d: number): Value | undefined => v && (count === 1 ? b.op('Squeeze', [v, b.ints([0])]) : b.op('Gather', [v, b.int(d)], { axis: 0 }))

  const results = Array.from({ length: count }, (_, d): Run => {
    const bias = part(biases, d)
    const [inputBias, recurrentBias] = bias ? b.ops('Split', [bias], 2, { axis: 0, num_outputs: 2 }) : []
    const turned = (v: Value) => b.op('Transpose', [part(v, d)], { perm: [1, 0] })
    const own = (i: number): Value | undefined => part(node.inputs[i], d)
    const weights = new Map(products?.inputs.map(i => [i, own(i)]))
    const product = products ? products.times(b, 1, x, i => weights.get(i)) : b.op('MatMul', [x, turned(w)])
    const weighted = inputBias && recurrentBias ? b.op('Add', [product, cell.bias(b, inputBias, recurrentBias, attributes, hidden)]) : product
    const recurrent = weights.get(2) ?? turned(r)
    const step = cell.step(b, {
      attributes,
      dtype,
      hidden,
      activations: activations.slice(per * d, per * (d + 1)),
      recurrent,
      times: (inner, state) => (products ? products.times(inner, 2, state, i => weights.get(i)) : inner.op('MatMul', [state, recurrent])),
      recurrentBias,
      part: own,
      clip: (inner, v) => (limit === undefined ? v : inner.op('Clip', [v, inner.scalar(-limit, dtype), inner.scalar(limit, dtype)])),
    })
    const initial = cell.initial.map(i => {
      const v = node.inputs[i]
      return v ? part(batchFirst ? b.op('Transpose', [v], { perm: [1, 0, 2] }) : v, d)! : zeros(b, x, hidden, dtype)
    })
    const backward = direction === 'reverse' || d === 1
    const length = shapeOf(x)?.[0]
    return typeof length === 'number' && length > 0 && length <= unrolledSteps && lengths === undefined
      ? unrolled(b, weighted, length, initial, step, backward)
      : scanned(b, weighted, lengths, initial, step, backward, dtype, hidden)
  })
  const join = (values: readonly Value[], axis: number) => (values.length === 1 ? values[0]! : b.op('Concat', values, { axis }))
  const turn = (v: Value, perm: readonly number[]) => (batchFirst ? b.op('Transpose', [v], { perm }) : v)
  return node.outputs.map((out, o) => {
    if (out === undefined) return undefined
    if (o === 0) return turn(join(results.map(run => b.op('Unsqueeze', [run.outputs, b.ints([1])])), 1), [2, 0, 1, 3])
    return turn(join(results.map(run => b.op('Unsqueeze', [run.states[o - 1]!, b.ints([0])])), 0), [1, 0, 2])
  })
}

interface Run {
  /** [steps, batch, hidden] */
  readonly outputs: Value
  readonly states: readonly Value[]
}
type Step = ReturnType<Cell['step']>

function zeros(b: Builder, x: Value, hidden: number, dtype: DType): Value {
  const batch = b.op('Shape', [x], { start: 1, end: 2 })
  return b.op('ConstantOfShape', [b.op('Concat', [batch, b.ints([hidden])], { axis: 0 })], { value: reshapedTensor(scalarTensor(dtype, 0), [1]) })
}

function unrolled(b: Builder, weighted: Value, length: number, initial: readonly Value[], step: Step, backward: boolean): Run {
  const inputs = b.ops('Split', [weighted], length, { axis: 0, num_outputs: length })
  const outputs: Value[] = []
  let states = initial
  for (let n = 0; n < length; n++) {
    const at = backward ? length - 1 - n : n
    states = step(b, b.op('Squeeze', [inputs[at], b.ints([0])]), states)
    outputs[at] = b.op('Unsqueeze', [states[0], b.ints([0])])
  }
  return { outputs: length === 1 ? outputs[0]! : b.op('Concat', outputs, { axis: 0 }), states }
}

function scanned(b: Builder, weighted: Value, lengths: Value | undefined, initial: readonly Value[], step: Step, backward: boolean, dtype: DType, hidden: number): Run {
  const body = new Graph(b.graph.names, 'step')
  const batch = shapeOf(weighted)?.[1] ?? unknownDim()
  const states = initial.map(() => body.addInput(body.value('state', tensorType(dtype, [batch, hidden]))))
  const x = body.addInput(body.value('x', tensorType(dtype, [batch, ...(shapeOf(weighted)?.slice(2) ?? [unknownDim()])])))
  const time = lengths && body.addInput(body.value('time', tensorType('int32', [])))
  const inner = b.inside(body)
  let next = step(inner, x, states)
  let output = next[0]!
  if (lengths && time) {
    // a sequence that has ended keeps its state and gives zeros
    const going = inner.op('Unsqueeze', [inner.op('Less', [time, lengths]), inner.ints([1])])
    output = inner.op('Where', [going, output, inner.scalar(0, dtype)])
    next = next.map((v, i) => inner.op('Where', [going, v, states[i]]))
  }
  for (const v of [...next.map(v => inner.op('Identity', [v])), inner.op('Identity', [output])]) body.addOutput(v)
  const times = lengths && b.op('Range', [b.scalar(0, 'int32'), b.op('Cast', [b.op('Squeeze', [b.op('Shape', [weighted], { start: 0, end: 1 }), b.ints([0])])], { to: 6 }), b.scalar(1, 'int32')])
  const scans = times ? [weighted, times] : [weighted]
  const way = Number(backward)
  const results = b.ops('Scan', [...initial, ...scans], initial.length + 1, {
    body: graphAttribute(body),
    num_scan_inputs: scans.length,
    scan_input_directions: scans.map(() => way),
    scan_output_directions: [way],
  })
  return { outputs: results.at(-1)!, states: results.slice(0, -1) }
}

/** Version 14 brought a layout with the batch in front: Transposes around the other one. */
export function batchInside(step: VersionStep): void {
  const { node, b, attributes } = step
  const batchFirst = attributes.int('layout', 0) !== 0
  step.setAttribute('layout', undefined)
  if (!batchFirst) return
  const turned = node.inputs.map((v, i) => (v && [0, 5, 6].includes(i) ? b.op('Transpose', [v], { perm: [1, 0, 2] }) : v))
  const results = b.ops(node.op, turned, node.outputs.length, node.attributes)
  becomeAll(step, results.map((v, o) => node.outputs[o] && b.op('Transpose', [v], { perm: o === 0 ? [2, 0, 1, 3] : [1, 0, 2] })))
}
