import type { Attribute } from '../../ir/attribute.ts'
import { dimEquals } from '../../ir/dim.ts'
import type { Node, Value } from '../../ir/model.ts'
import type { Builder } from '../../ops/builder.ts'
import { columnsOf, sameColumns } from './columns.ts'
import type { Element, State, Steps } from './loops.ts'
import { isInside } from './loops.ts'
import { intOf, shapeOf, stringOf } from './values.ts'

/** A recurrent operator that a loop applies to one entry of a sequence at a time. */
export interface OperatorOfOneStep {
  readonly op: string
  readonly source: Element
  /** The output first. */
  readonly states: readonly State[]
  inputs(b: Builder, initial: readonly (Value | undefined)[], x: Value): readonly (Value | undefined)[]
  readonly attributes: Readonly<Record<string, Attribute>>
}

const sameRows = (a: Value | undefined, b: Value): boolean => {
  const [x, y] = [columnsOf(a), columnsOf(b)]
  return x !== undefined && y !== undefined && sameColumns(x, y)
}

function read(node: Node, steps: Steps): OperatorOfOneStep | undefined {
  const { body } = steps
  const [x, w, r, bias, lengths, ...first] = node.inputs
  const peepholes = first.splice(node.op === 'LSTM' ? 2 : 1)[0]
  const shape = shapeOf(x)
  const [depth, hidden] = [shape?.at(-1), shapeOf(r)?.[2]]
  if (!x || !w || !r || lengths || shape?.length !== 3 || shape[0] !== 1 || hidden === undefined || intOf(node, 'layout', 0) !== 0 || stringOf(node, 'direction', 'forward') === 'bidirectional') return undefined
  if ([w, r, bias, peepholes].some(v => v && !v.isConstant && isInside(v, body))) return undefined
  const source = elementBehind(x, steps)
  const whole = shapeOf(source?.sequence)
  if (source === undefined || whole?.length !== 3 || source.axis > 1 || !dimEquals(whole[2]!, depth!) || !dimEquals(whole[1 - source.axis]!, shape[1]!)) return undefined
  const states = Array.from({ length: node.op === 'LSTM' ? 2 : 1 }, (_, i) =>
    steps.states.find(s => sameRows(first[i], s.before) && (sameRows(s.after, node.outputs[i + 1] ?? x) || (i === 0 && sameRows(s.after, node.outputs[0] ?? x)))))
  if (!states.every(s => s !== undefined)) return undefined
  const { direction: _, ...attributes } = node.attributes
  return { op: node.op, source, states, attributes, inputs: (_b, initial, sequence) => [sequence, w, r, bias, undefined, ...initial, ...(peepholes ? [peepholes] : [])] }
}

/** What a value is an entry of, under axes of size 1. */
function elementBehind(value: Value, steps: Steps): Element | undefined {
  for (let v: Value | undefined = value; v; v = v.producer?.node.inputs[0]) {
    const found = steps.elementOf(v)
    if (found) return sameRows(value, v) ? found : undefined
    if (!['Identity', 'Unsqueeze', 'Squeeze', 'Reshape'].includes(v.producer?.node.qualified ?? '')) return undefined
  }
  return undefined
}

/** The LSTM, GRU or RNN of one step whose states are the loop's. */
export function operatorIn(steps: Steps): OperatorOfOneStep | undefined {
  for (const node of steps.body.nodes()) {
    const found = ['LSTM', 'GRU', 'RNN'].includes(node.qualified) ? read(node, steps) : undefined
    if (found) return found
  }
  return undefined
}
