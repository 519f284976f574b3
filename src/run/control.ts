import type { Graph, Node } from '../ir/model.ts'
import type { Datum, Tensor } from '../ir/tensor.ts'
import { inlineTensor, int64Tensor, isTensor, peekNumbers } from '../ir/tensor.ts'
import type { AttributeReader } from '../ops/operator.ts'
import { attributesOf } from '../ops/meaning.ts'
import { inMemory } from './constants.ts'
import { controlInvalid } from './diagnostics.ts'
import type { Slicing } from './slices.ts'
import { emptyTensor, sliceInMemory } from './slices.ts'

/** Runs a subgraph of the node at hand on these inputs, with the values around it in sight. */
export type RunBody = (graph: Graph, inputs: readonly Datum[]) => Promise<Datum[]>

interface Step {
  readonly node: Node
  readonly attributes: AttributeReader
  readonly inputs: readonly (Datum | undefined)[]
  readonly run: RunBody
  readonly slicing: Slicing
  fail(message: string): never
}

const tensorAt = (step: Step, datum: Datum | undefined, what: string): Tensor => (datum !== undefined && datum !== null && isTensor(datum) ? datum : step.fail(`${what} must be a tensor`))

async function scalar(step: Step, datum: Datum | undefined, what: string): Promise<number> {
  const numbers = peekNumbers(await inMemory(tensorAt(step, datum, what)))
  return numbers?.length === 1 ? numbers[0]! : step.fail(`${what} must have one element`)
}

const boolTensor = (value: boolean): Tensor => inlineTensor('bool', [], Uint8Array.of(Number(value)))

/** Slices of a scan output along a new axis; of a scan that ran no step, an empty tensor of the body's type. */
async function gather(step: Step, slices: readonly Datum[], body: Graph, output: number, axis: number): Promise<Tensor> {
  if (slices.length > 0) {
    const tensors = slices.map(s => tensorAt(step, s, `output ${output} of the body`))
    const rank = tensors[0]!.shape.length
    const at = axis < 0 ? axis + rank + 1 : axis
    for (const t of tensors) if (t.shape.join() !== tensors[0]!.shape.join()) step.fail(`output ${output} of the body changes its shape from [${tensors[0]!.shape.join()}] to [${t.shape.join()}]`)
    return step.slicing.together(tensors, at)
  }
  const type = body.outputs[output]?.type
  if (type?.kind !== 'tensor') return step.fail(`output ${output} of a body that never ran has no known type`)
  const shape = (type.shape ?? []).map(d => (typeof d === 'number' ? d : 0))
  shape.splice(axis < 0 ? axis + shape.length + 1 : axis, 0, 0)
  return emptyTensor(type.dtype, shape)
}

async function runIf(step: Step): Promise<Datum[]> {
  const taken = await scalar(step, step.inputs[0], 'the condition') !== 0
  return step.run(step.attributes.graph(taken ? 'then_branch' : 'else_branch'), [])
}

async function runLoop(step: Step): Promise<Datum[]> {
  const body = step.attributes.graph('body')
  const limit = step.inputs[0] === undefined ? Infinity : await scalar(step, step.inputs[0], 'the trip count')
  let state = step.inputs.slice(2).map((d, i) => d ?? (d === null ? null : step.fail(`input ${i + 2} is missing`)))
  let going = step.inputs[1] === undefined || (await scalar(step, step.inputs[1], 'the condition')) !== 0
  const slices: Datum[][] = body.outputs.slice(1 + state.length).map(() => [])
  for (let i = 0; i < limit && going; i++) {
    const results = await step.run(body, [int64Tensor([i], []), boolTensor(true), ...state])
    going = (await scalar(step, results[0], "the body's condition")) !== 0
    results.slice(1 + state.length).forEach((d, k) => slices[k]!.push(d))
    state = results.slice(1, 1 + state.length)
  }
  return [...state, ...(await Promise.all(slices.map((s, k) => gather(step, s, body, 1 + state.length + k, 0))))]
}

async function runScan(step: Step): Promise<Datum[]> {
  const { attributes } = step
  const body = attributes.graph('body')
  const scanned = attributes.int('num_scan_inputs', 1)
  const states = step.inputs.length - scanned
  let state: Datum[] = step.inputs.slice(0, states).map((d, i) => d ?? step.fail(`input ${i} is missing`))
  const sequences = step.inputs.slice(states).map((d, i) => tensorAt(step, d, `input ${states + i}`))
  const axes = sequences.map((t, i) => {
    const axis = attributes.ints('scan_input_axes')?.[i] ?? 0
    return axis < 0 ? axis + t.shape.length : axis
  })
  const count = sequences[0]?.shape[axes[0]!] ?? 0
  sequences.forEach((t, i) => {
    if (t.shape[axes[i]!] !== count) step.fail(`input ${states + i} has ${t.shape[axes[i]!]} steps, not ${count}`)
  })
  const slicers = await Promise.all(sequences.map((t, i) => step.slicing.apart(t, axes[i]!)))
  const backward = attributes.ints('scan_input_directions')
  const slices: Datum[][] = body.outputs.slice(states).map(() => [])
  for (let n = 0; n < count; n++) {
    const results = await step.run(body, [...state, ...slicers.map((at, i) => at(backward?.[i] ? count - 1 - n : n))])
    state = results.slice(0, states)
    results.slice(states).forEach((d, k) => slices[k]!.push(d))
  }
  const reversed = attributes.ints('scan_output_directions')
  const outputAxes = attributes.ints('scan_output_axes')
  return [...state, ...(await Promise.all(slices.map((s, k) => gather(step, reversed?.[k] ? s.reverse() : s, body, states + k, outputAxes?.[k] ?? 0))))]
}

async function runSequenceMap(step: Step): Promise<Datum[]> {
  const body = step.attributes.graph('body')
  const [first] = step.inputs
  if (!Array.isArray(first)) return step.fail('the first input must be a sequence')
  const out: Datum[][] = body.outputs.map(() => [])
  for (let n = 0; n < first.length; n++) {
    const args = step.inputs.map((d, i) => {
      const item = Array.isArray(d) ? (d as readonly Datum[])[n] : d
      return item === undefined ? step.fail(`input ${i} has fewer elements than the first`) : item
    })
    const results = await step.run(body, args)
    results.forEach((d, k) => out[k]!.push(d))
  }
  return out
}

const controls: Readonly<Record<string, (step: Step) => Promise<Datum[]>>> = { If: runIf, Loop: runLoop, Scan: runScan, SequenceMap: runSequenceMap }

/** Whether the host runs this operator of control flow. */
export const isRunnableControl = (node: Node): boolean => node.domain === '' && node.op in controls

/** Runs a node of control flow on data in memory. Throws `run.control.invalid`. */
export function runControl(node: Node, inputs: readonly (Datum | undefined)[], run: RunBody, slicing: Slicing = sliceInMemory): Promise<Datum[]> {
  const fail = (message: string): never => {
    throw controlInvalid(node, message)
  }
  return controls[node.op]!({ node, attributes: attributesOf(node), inputs, run, slicing, fail })
}

/** How many of the first outputs of a node's body are replaced when it runs again: the rest is gathered. */
export function carriedOutputs(node: Node): number {
  if (node.domain !== '') return 0
  if (node.op === 'Loop') return Math.max(0, node.inputs.length - 2) + 1
  return node.op === 'Scan' ? node.inputs.length - attributesOf(node).int('num_scan_inputs', 1) : 0
}
