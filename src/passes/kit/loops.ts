import type { Dim } from '../../ir/dim.ts'
import { addDims, dimEquals, mulDims, subDims } from '../../ir/dim.ts'
import type { Graph, Node, Value } from '../../ir/model.ts'
import { dropsAxis } from '../../ops/SplitToSequence.ts'
import { elementsOf } from '../../ops/infer.ts'
import { intOf, intsOf, isAll, numbersOf, rankOf, shapeOf } from './values.ts'

/** A value that a loop hands from one step to the next. */
export interface State {
  readonly initial: Value
  /** In the body, before a step and after it. */
  readonly before: Value
  readonly after: Value
  /** After the last step. */
  readonly result: Value | undefined
}

/** What each step reads of a sequence: one entry of an axis, from the first on or, `back`, from the last. */
export interface Element {
  readonly sequence: Value
  readonly axis: number
  readonly back: boolean
}

/** What each step gives, put together along an axis of `result`: one that is made for it (`stacked`), or that it has. */
export interface Collected {
  readonly element: Value
  readonly result: Value
  readonly axis: number
  readonly stacked: boolean
  readonly back: boolean
}

/** A Scan or a Loop whose number of steps is known beforehand, in terms of both. */
export interface Steps {
  readonly node: Node
  readonly body: Graph
  readonly length: Dim
  readonly states: readonly State[]
  /** Everything that others use after the loop, but the states. */
  readonly collected: readonly Collected[]
  /** What a value of the body is an entry of. */
  elementOf(value: Value): Element | undefined
}

/** The value that an Identity, or several, stand for. */
export function unnamed(value: Value): Value {
  let v = value
  while (v.producer?.node.qualified === 'Identity' && v.producer.node.inputs[0]) v = v.producer.node.inputs[0]
  return v
}

export const bodyOf = (node: Node): Graph | undefined => (node.attributes['body']?.type === 'graph' ? node.attributes['body'].value : undefined)

/** How many of a loop's values are carried from step to step. */
export const carriedOf = (node: Node): number => node.inputs.length - (node.op === 'Loop' ? 2 : intOf(node, 'num_scan_inputs', 0))

/** Where carried values begin among the inputs of the node and of its body (2 for Loop), and among the outputs of the body (1). */
export const offsetsOf = (node: Node): { readonly inputs: number; readonly outputs: number } => (node.op === 'Loop' ? { inputs: 2, outputs: 1 } : { inputs: 0, outputs: 0 })

function statesOf(node: Node, body: Graph): State[] | undefined {
  const { inputs, outputs } = offsetsOf(node)
  const count = carriedOf(node)
  if (count < 0 || count > node.inputs.length || body.inputs.length !== node.inputs.length || body.outputs.length < outputs + count) return undefined
  const states = Array.from({ length: count }, (_, i) => ({ initial: node.inputs[inputs + i], before: body.inputs[inputs + i], after: body.outputs[outputs + i], result: node.outputs[i] }))
  return states.every(s => s.initial && s.before && s.after) ? (states as State[]) : undefined
}

/** A whole number that depends on nothing but the step: `by` times the step's place and `from`. */
interface Place {
  readonly by: number
  readonly from: Dim
}

const sum = (a: Place | undefined, b: Place | undefined, sign: number): Place | undefined => a && b && { by: a.by + sign * b.by, from: addDims(a.from, mulDims(b.from, sign)) }

/** Reads whole numbers, in a body or before it. */
function placesIn(body: Graph, states: readonly State[]): (value: Value | undefined) => Place | undefined {
  const known = new Map<Value, Place | undefined>()
  const placeOf = (value: Value | undefined, depth = 32): Place | undefined => {
    if (value === undefined || depth === 0 || known.has(value)) return value && known.get(value)
    known.set(value, undefined)
    const place = read(value, depth)
    known.set(value, place)
    return place
  }
  const read = (value: Value, depth: number): Place | undefined => {
    const own = value.inputOf === body
    if (own && value === body.inputs[0] && body.owner?.op === 'Loop') return { by: 1, from: 0 }
    const state = own ? states.find(s => s.before === value) : undefined
    if (state) {
      const first = placeOf(state.initial, depth - 1)
      if (unnamed(state.after) === value) return first
      const next = unnamed(state.after).producer?.node
      const step = next?.qualified === 'Add' ? [0, 1].map(i => (next.inputs[i] === value ? numbersOf(next.inputs[1 - i]) : undefined)).find(n => n?.length === 1)?.[0] : undefined
      return first?.by === 0 && step !== undefined ? { by: step, from: first.from } : undefined
    }
    const held = elementsOf(value)
    if (held?.length === 1) return { by: 0, from: held[0]! }
    const number = value.isConstant ? numbersOf(value) : undefined
    if (number?.length === 1 && Number.isSafeInteger(number[0])) return { by: 0, from: number[0]! }
    const node = value.producer?.node
    const [a, b] = node?.inputs ?? []
    const single = rankOf(value) === 0 || shapeOf(value)?.[0] === 1
    switch (node?.qualified) {
      case 'Identity': case 'Cast': case 'Squeeze': case 'Unsqueeze': case 'Reshape': return placeOf(a, depth - 1)
      case 'Add': return sum(placeOf(a, depth - 1), placeOf(b, depth - 1), 1)
      case 'Sub': return sum(placeOf(a, depth - 1), placeOf(b, depth - 1), -1)
      case 'Neg': return sum({ by: 0, from: 0 }, placeOf(a, depth - 1), -1)
      case 'Slice': case 'Gather': return single ? numberAmong(node) : undefined
      case 'SequenceLength': return partsOf(a)
      default: return undefined
    }
  }
  /** One entry of the sizes of a tensor, where it went through a Cast. */
  const numberAmong = (node: Node): Place | undefined => {
    const list = elementsOf(node.inputs[0]?.producer?.node.qualified === 'Cast' ? node.inputs[0].producer.node.inputs[0] : node.inputs[0])
    const at = numbersOf(node.inputs[1])?.[0]
    const size = at === undefined ? undefined : list?.at(at)
    return size === undefined ? undefined : { by: 0, from: size }
  }
  const partsOf = (value: Value | undefined): Place | undefined => {
    const sequence = value && splitOf(value)
    const size = sequence && shapeOf(sequence.sequence)?.[sequence.axis]
    return size === undefined ? undefined : { by: 0, from: size }
  }
  return placeOf
}

/** The tensor whose entries a SplitToSequence puts into a sequence, each without the axis. */
function splitOf(value: Value): { readonly sequence: Value; readonly axis: number } | undefined {
  const node = value.producer?.node
  const rank = rankOf(node?.inputs[0])
  if (node?.qualified !== 'SplitToSequence' || rank === undefined || !dropsAxis(intOf(node, 'keepdims', 1), node.inputs[1] && (numbersOf(node.inputs[1]) ?? []), rankOf(node.inputs[1]))) return undefined
  const axis = intOf(node, 'axis', 0)
  return { sequence: node.inputs[0]!, axis: axis < 0 ? axis + rank : axis }
}

/** Whether a truth value holds in every step but the last (or, before the loop, whenever there is a step). */
function holds(value: Value | undefined, body: Graph, length: Dim, placeOf: (v: Value | undefined) => Place | undefined, depth = 8): boolean {
  if (value === undefined || value === body.inputs[1]) return true
  if (depth === 0) return false
  if (value.isConstant) return isTrue(value)
  const node = value.producer?.node
  const [a, b] = node?.inputs ?? []
  const next = (v: Value | undefined): boolean => v !== undefined && holds(v, body, length, placeOf, depth - 1)
  if (node?.qualified === 'Identity') return next(a)
  if (node?.qualified === 'And') return next(a) && next(b)
  const inside = node?.graph === body
  const less = node?.qualified === 'Less' || node?.qualified === 'LessOrEqual'
  if (!less && node?.qualified !== 'Greater' && node?.qualified !== 'GreaterOrEqual') return false
  const [low, high] = (less ? [a, b] : [b, a]).map(v => placeOf(v))
  const gap = sum(high, low, -1)
  if (gap === undefined) return false
  // least at the last step that another one follows, or at the first
  const least = gap.by < 0 ? addDims(gap.from, mulDims(subDims(length, 2), gap.by)) : gap.from
  const enough = node.qualified.endsWith('Equal') ? 0 : 1
  return (typeof least === 'number' && least >= enough) || (!inside && dimEquals(least, length))
}
const isTrue = (value: Value): boolean => value.constant?.peek()?.every(b => b !== 0) === true

function scanSteps(node: Node, body: Graph, states: readonly State[]): Steps | undefined {
  const given = node.inputs.slice(states.length)
  const directions = (name: string, i: number): boolean => (intsOf(node, name)?.[i] ?? 0) !== 0
  const elements = new Map<Value, Element>()
  for (const [i, sequence] of given.entries()) {
    const rank = rankOf(sequence)
    if (sequence === undefined || rank === undefined) return undefined
    const axis = intsOf(node, 'scan_input_axes')?.[i] ?? 0
    elements.set(body.inputs[states.length + i]!, { sequence, axis: axis < 0 ? axis + rank : axis, back: directions('scan_input_directions', i) })
  }
  const [first] = elements.values()
  const length = first && shapeOf(first.sequence)?.[first.axis]
  if (length === undefined) return undefined
  const collected: Collected[] = []
  for (const [i, result] of node.outputs.slice(states.length).entries()) {
    if (!result || result.uses.size === 0) continue
    const element = body.outputs[states.length + i]!
    const rank = rankOf(result)
    const axis = intsOf(node, 'scan_output_axes')?.[i] ?? 0
    if (axis < 0 && rank === undefined) return undefined
    collected.push({ element, result, axis: axis < 0 ? axis + rank! : axis, stacked: true, back: directions('scan_output_directions', i) })
  }
  return { node, body, length, states, collected, elementOf: v => elements.get(unnamed(v)) }
}

/** A sequence that begins empty, to which each step adds one: what becomes of it. Undefined when it is something else. */
function gatheredBy({ initial, before, after, result }: State): Collected[] | undefined {
  const insert = unnamed(after).producer?.node
  if (initial.producer?.node.qualified !== 'SequenceEmpty' || insert?.qualified !== 'SequenceInsert' || insert.inputs[0] !== before || insert.inputs[2] || before.uses.size !== 1) return undefined
  const collected: Collected[] = []
  for (const use of result?.uses ?? []) {
    const join = 'node' in use ? use.node : undefined
    const made = join?.outputs[0]
    if (join?.qualified !== 'ConcatFromSequence' || !made) return undefined
    const stacked = intOf(join, 'new_axis', 0) === 1
    const axis = intOf(join, 'axis', 0)
    const rank = rankOf(insert.inputs[1])
    if (axis < 0 && rank === undefined) return undefined
    collected.push({ element: insert.inputs[1]!, result: made, axis: axis < 0 ? axis + rank! + Number(stacked) : axis, stacked, back: false })
  }
  return collected
}

function loopSteps(node: Node, body: Graph, all: readonly State[]): Steps | undefined {
  const placeOf = placesIn(body, all)
  const length = node.inputs[0] && placeOf(node.inputs[0])
  if (length === undefined || length.by !== 0) return undefined
  if (!holds(node.inputs[1], body, length.from, placeOf) || !holds(body.outputs[0], body, length.from, placeOf)) return undefined
  const collected: Collected[] = []
  const states = all.filter(s => {
    const gathered = gatheredBy(s)
    collected.push(...(gathered ?? []))
    return gathered === undefined
  })
  node.outputs.slice(all.length).forEach((result, i) => {
    if (result && result.uses.size > 0) collected.push({ element: body.outputs[1 + all.length + i]!, result, axis: 0, stacked: true, back: false })
  })
  const elementOf = (value: Value): Element | undefined => {
    const read = unnamed(value).producer?.node
    if (read?.graph !== body) return undefined
    const [from, index] = read.inputs
    const rank = rankOf(from)
    const axis = intOf(read, 'axis', 0)
    const source = read.qualified === 'SequenceAt' ? splitOf(from!) : read.qualified === 'Gather' && rank !== undefined ? { sequence: from!, axis: axis < 0 ? axis + rank : axis } : undefined
    const place = placeOf(index)
    if (source === undefined || place === undefined || rankOf(index) !== 0 || isInside(source.sequence, body)) return undefined
    const size = shapeOf(source.sequence)![source.axis]!
    if (!dimEquals(size, length.from)) return undefined
    // places below zero count from the end
    if (place.by === 1) return place.from === 0 ? { ...source, back: false } : undefined
    if (place.by !== -1) return undefined
    return place.from === -1 || dimEquals(place.from, subDims(size, 1)) ? { ...source, back: true } : undefined
  }
  return { node, body, length: length.from, states, collected, elementOf }
}

/** Whether a value is made in a graph, or given to it. */
export const isInside = (value: Value, graph: Graph): boolean => value.inputOf === graph || value.producer?.node.graph === graph

/** A Scan or Loop as steps; undefined when how many there are is not known before it begins. */
export function stepsOf(node: Node): Steps | undefined {
  const body = bodyOf(node)
  const states = body && (node.qualified === 'Scan' || node.qualified === 'Loop') ? statesOf(node, body) : undefined
  return body && states && (node.op === 'Scan' ? scanSteps(node, body, states) : loopSteps(node, body, states))
}

/** A state that is a tensor all of zeros. */
export const isZero = (value: Value): boolean => {
  const made = unnamed(value)
  if (isAll(made, 0)) return true
  const node = made.producer?.node
  if (node?.qualified === 'Expand') return isAll(node.inputs[0], 0)
  const filled = node?.attributes['value']
  return node?.qualified === 'ConstantOfShape' && (filled === undefined || (filled.type === 'tensor' && filled.value.peek()?.every(b => b === 0) === true))
}
