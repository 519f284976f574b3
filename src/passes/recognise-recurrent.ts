import type { Dim } from '../ir/dim.ts'
import { dimEquals } from '../ir/dim.ts'
import type { Model, Node, Value } from '../ir/model.ts'
import type { Tensor } from '../ir/tensor.ts'
import type { Builder } from '../ops/builder.ts'
import { writtenOut } from '../ops/kit/written-out.ts'
import { builderAt, replaceNode } from '../rewrite/edit.ts'
import type { Cell } from './kit/cells.ts'
import { cellOf } from './kit/cells.ts'
import { operatorIn } from './kit/cell-operators.ts'
import type { Block, Stretch } from './kit/columns.ts'
import { columnsOf, sameColumns } from './kit/columns.ts'
import type { Collected, Element, State, Steps } from './kit/loops.ts'
import { isZero, stepsOf } from './kit/loops.ts'
import { dtypeOf, shapeOf } from './kit/values.ts'
import { deriveTensor } from './kit/weights.ts'
import type { Pass } from './pass.ts'

const name = 'recognise-recurrent'

const distinct = (tensors: readonly Tensor[]): Tensor[] => [...new Set(tensors)]

/** The matrices of all gates one below the other, each from a row for each number it gives: [1, gates * hidden, size]. */
function stacked(blocks: readonly Block[]): Tensor {
  const [hidden, size] = [blocks[0]!.columns, blocks[0]!.rows]
  const from = distinct(blocks.map(b => b.tensor))
  const what = `gates ${blocks.map(b => [from.indexOf(b.tensor), b.turned, b.row, b.column, b.scale].join()).join(';')}`
  return deriveTensor(from[0]!, [1, blocks.length * hidden, size], from, what, (arrays, out) => {
    blocks.forEach(({ tensor, turned, row, column, scale }, g) => {
      const array = arrays[from.indexOf(tensor)]!
      const width = tensor.shape[1]!
      for (let h = 0; h < hidden; h++)
        for (let i = 0; i < size; i++) out[(g * hidden + h) * size + i] = scale * array[turned ? (column + h) * width + row + i : (row + i) * width + column + h]!
    })
  })
}

/** What is added in each gate, for the input and for the recurrence: [1, 2 * gates * hidden]. Undefined where nothing is. */
function biases(cell: Cell, like: Tensor): Tensor | undefined {
  const { gates, hidden } = cell
  // where there are two to add, they stay two
  const sides = [
    ...gates.map(g => (g.recurrentConstants.length > 0 || cell.attributes['linear_before_reset'] ? g.constants : g.constants.slice(0, 1))),
    ...gates.map(g => (g.recurrentConstants.length > 0 ? g.recurrentConstants : cell.attributes['linear_before_reset'] ? [] : g.constants.slice(1))),
  ]
  const all: readonly Stretch[] = sides.flat()
  if (all.length === 0) return undefined
  const from = distinct(all.map(s => s.tensor))
  const what = `biases ${sides.map(list => list.map(s => [from.indexOf(s.tensor), s.start, s.one, s.scale].join()).join('+')).join(';')}`
  return deriveTensor(like, [1, writtenOut(sides.length * hidden)], from, what, (arrays, out) => {
    sides.forEach((list, side) => {
      for (let h = 0; h < hidden; h++) out[side * hidden + h] = list.reduce((sum, s) => sum + s.scale * arrays[from.indexOf(s.tensor)]![s.one ? 0 : s.start + h]!, 0)
    })
  })
}

/** What stands in the place of a loop. */
interface Recurrence {
  readonly op: string
  readonly source: Element
  /** The output first. */
  readonly states: readonly State[]
  /** Inputs between the sequence and the states, and after them. */
  inputs(b: Builder, initial: readonly (Value | undefined)[], x: Value): readonly (Value | undefined)[]
  readonly attributes: Readonly<Parameters<Builder['ops']>[3] & object>
}

function recurrenceOf(cell: Cell): Recurrence {
  return {
    ...cell,
    inputs(b, initial, x) {
      const weights = stacked(cell.gates.map(g => g.input))
      const bias = biases(cell, weights)
      return [x, b.constant(weights), b.constant(stacked(cell.gates.map(g => g.recurrent))), bias && b.constant(bias), undefined, ...initial]
    },
    attributes: { ...cell.attributes, hidden_size: cell.hidden },
  }
}

/** Where the axis of the steps is put into [batch, hidden] by what a loop puts together; undefined when it is not the output. */
function placeOf({ element, axis, stacked: made }: Collected, output: State): number | undefined {
  const [own, whole] = [columnsOf(element), columnsOf(output.after)]
  if (!own || !whole || !sameColumns(own, whole)) return undefined
  const shape = shapeOf(element)!
  const [batch, hidden] = shapeOf(output.after) as readonly [Dim, Dim]
  const entry = made ? shape : shape.filter((_, d) => d !== axis)
  const fits = entry.length === 2 && dimEquals(entry[0]!, batch) && dimEquals(entry[1]!, hidden) && (made || shape[axis] === 1)
  return fits ? axis : undefined
}

/** Why a loop can't become this operator. */
function faultOf(steps: Steps, { source, states }: Recurrence, places: readonly (number | undefined)[]): string | undefined {
  const batch = shapeOf(source.sequence)![1 - source.axis]!
  if (places.some(p => p === undefined)) return 'something else than the output is put together'
  if (steps.states.some(s => !states.includes(s) && s.result && s.result.uses.size > 0)) return 'it carries more than the cell'
  if (steps.length === 0) return 'it has no steps'
  for (const { initial, before } of states) {
    const shape = shapeOf(initial)
    if (shape?.length !== 2 || !dimEquals(shape[1]!, shapeOf(before)![1]!)) return 'the first state has another shape'
    if (!dimEquals(shape[0]!, batch) && !(shape[0] === 1 && isZero(initial))) return 'the first state is of another batch'
  }
  // other types have no kernels in onnxruntime
  return [source.sequence, ...states.map(s => s.initial)].some(v => dtypeOf(v) !== 'float32') ? 'it is not of float32' : undefined
}

const orders: readonly (readonly number[] | undefined)[] = [undefined, [1, 0, 2], [1, 2, 0]]

function rewrite(steps: Steps, recurrence: Recurrence, places: readonly number[]): void {
  const { node } = steps
  const { source, states, op } = recurrence
  const b = builderAt(node, name, [...steps.body.nodes()])
  const x = source.axis === 0 ? source.sequence : b.op('Transpose', [source.sequence], { perm: [1, 0, 2] })
  const initial = states.map(s => (isZero(s.initial) ? undefined : b.op('Unsqueeze', [s.initial, b.ints([0])])))
  const inputs = recurrence.inputs(b, initial, x)
  const given = inputs.slice(0, inputs.findLastIndex(v => v !== undefined) + 1)
  const made = b.ops(op, given, op === 'LSTM' ? 3 : 2, { ...recurrence.attributes, ...(source.back && { direction: 'reverse' }) })
  const sequences = new Map<boolean, Value>()
  const sequence = (back: boolean): Value => {
    const known = sequences.get(back)
    if (known) return known
    const forward = back === source.back ? b.op('Squeeze', [made[0], b.ints([1])]) : b.op('Slice', [sequence(source.back), b.ints([-1]), b.ints([-(2 ** 31)]), b.ints([0]), b.ints([-1])])
    sequences.set(back, forward)
    return forward
  }
  const results = new Map<Value, Value>()
  steps.collected.forEach((c, i) => {
    const perm = orders[places[i]!]
    results.set(c.result, perm ? b.op('Transpose', [sequence(c.back)], { perm }) : sequence(c.back))
  })
  states.forEach((s, i) => {
    if (s.result && s.result.uses.size > 0) results.set(s.result, b.op('Squeeze', [made[i + 1], b.ints([0])]))
  })
  const done = new Set<Value>()
  // a name passes over to one value only
  const fresh = (v: Value): boolean => !done.has(v) && done.add(v).size > 0
  for (const joined of new Set([...results.keys()].map(v => v.producer!.node))) if (joined !== node) replaceNode(joined, joined.outputs.map(v => v && results.get(v)), fresh)
  replaceNode(node, node.outputs.map(v => v && results.get(v)), fresh)
  for (const v of made) {
    if (v.uses.size > 0) continue
    v.names.free(v.name)
    v.producer!.node.setOutput(v.producer!.index, undefined)
  }
}

function recognise(node: Node): string | undefined {
  const steps = stepsOf(node)
  if (steps === undefined) return 'the number of steps is not known before it begins'
  const cell = cellOf(steps)
  const recurrence = cell ? recurrenceOf(cell) : operatorIn(steps)
  if (recurrence === undefined) return 'its steps are no LSTM, GRU or RNN'
  const places = steps.collected.map(c => placeOf(c, recurrence.states[0]!))
  const fault = faultOf(steps, recurrence, places)
  if (fault === undefined) rewrite(steps, recurrence, places as readonly number[])
  return fault
}

/** Finds LSTM, GRU and RNN where a Scan or a Loop spells out the cell, or holds an operator of one step. Weights are cut and put in ONNX's order of gates as deferred tensors. */
export const recogniseRecurrent: Pass = {
  name,
  run(model: Model, { fired, refused }) {
    let count = 0
    for (const node of model.allNodes()) {
      if (node.qualified !== 'Scan' && node.qualified !== 'Loop') continue
      const { name: of, origin } = node
      const reason = recognise(node)
      if (reason === undefined) count++
      else refused?.({ rule: name, node: of, at: origin, reason })
    }
    if (count > 0) fired?.('recurrent-for-loop', count)
    return { changed: count > 0 }
  },
}
