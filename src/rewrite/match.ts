import type { Node, Value } from '../ir/model.ts'
import type { Match, Pattern } from './rule.ts'

type Op = Extract<Pattern, { kind: 'op' }>

interface State {
  readonly values: Map<string, Value>
  readonly named: Map<string, Node>
  readonly nodes: Map<Node, Op>
}

export interface Found extends Match {
  /** Every matched node, the root first. */
  readonly all: readonly Node[]
}

const copy = (s: State): State => ({ values: new Map(s.values), named: new Map(s.named), nodes: new Map(s.nodes) })

function keep(into: State, from: State): void {
  into.values.clear()
  into.named.clear()
  into.nodes.clear()
  from.values.forEach((v, k) => into.values.set(k, v))
  from.named.forEach((v, k) => into.named.set(k, v))
  from.nodes.forEach((v, k) => into.nodes.set(k, v))
}

/** Matches a pattern with `root` at its root; both orders of an operator that commutes are tried. */
export function matchPattern(pattern: Pattern, root: Node): Found | undefined {
  if (pattern.kind !== 'op' || (pattern.where && !pattern.where(root)) || !isFed(pattern, root)) return undefined
  const state: State = { values: new Map(), named: new Map(), nodes: new Map() }
  if (!matchBelow(pattern, root, state)) return undefined
  for (const [node, place] of state.nodes) if (node !== root && !place.shared && !usedOnlyBy(node, state)) return undefined
  return {
    root,
    values: Object.fromEntries(state.values),
    nodes: Object.fromEntries(state.named),
    attributes: root.attributes,
    all: [...state.nodes.keys()],
  }
}

const names = new Map<string, ReadonlySet<string>>()

/** The operators that `Add|Sub` stands for. */
function opsOf(op: string): ReadonlySet<string> {
  let ops = names.get(op)
  if (ops === undefined) names.set(op, (ops = new Set(op.split('|'))))
  return ops
}

const usedOnlyBy = (node: Node, state: State): boolean =>
  node.outputs.every(v => !v || [...v.uses].every(use => 'node' in use && state.nodes.has(use.node)))

const isMadeBy = (pattern: Pattern | undefined, value: Value | undefined): boolean =>
  pattern?.kind !== 'op' || (value?.producer !== undefined && opsOf(pattern.op).has(value.producer.node.qualified))

/** Whether the operators at a node's inputs are those of the pattern, in one order or the other: most nodes are ruled out by it. */
function isFed({ inputs: places, commutes }: Op, { inputs }: Node): boolean {
  const feeds = (reversed: boolean): boolean => {
    for (let i = 0; i < places.length; i++) if (!isMadeBy(places[i], inputs[reversed ? 1 - i : i])) return false
    return true
  }
  return feeds(false) || (commutes && inputs.length === 2 && feeds(true))
}

function matchValue(pattern: Pattern | undefined, value: Value | undefined, state: State): boolean {
  if (pattern === undefined) return value === undefined
  if (value === undefined) return pattern.kind === 'bind' && pattern.optional === true
  if (pattern.kind === 'bind') {
    const bound = state.values.get(pattern.name)
    if (bound !== undefined && bound !== value) return false
    if (pattern.where && !pattern.where(value)) return false
    state.values.set(pattern.name, value)
    return true
  }
  const producer = value.producer
  if (producer === undefined || producer.index !== 0) return false
  if (!opsOf(pattern.op).has(producer.node.qualified) || (pattern.where && !pattern.where(producer.node))) return false
  return matchBelow(pattern, producer.node, state)
}

function matchBelow(pattern: Op, node: Node, state: State): boolean {
  if (pattern.inputs.length === 0) return matched(pattern, node, state)
  // what a failed match leaves in the state is of no matter where there is no other order to try
  if (!pattern.commutes || node.inputs.length !== 2) return matchInputs(pattern, node.inputs, state) && matched(pattern, node, state)
  for (const inputs of [node.inputs, [...node.inputs].reverse()]) {
    const trial = copy(state)
    if (matchInputs(pattern, inputs, trial) && matched(pattern, node, trial)) {
      keep(state, trial)
      return true
    }
  }
  return false
}

function matched(pattern: Op, node: Node, state: State): boolean {
  state.nodes.set(node, pattern)
  if (pattern.name !== undefined) state.named.set(pattern.name, node)
  return true
}

function matchInputs(pattern: Op, inputs: readonly (Value | undefined)[], state: State): boolean {
  const count = pattern.rest ? pattern.inputs.length : Math.max(pattern.inputs.length, inputs.length)
  for (let i = 0; i < count; i++) if (!matchValue(pattern.inputs[i], inputs[i], state)) return false
  return true
}
